import { expect, test } from '@jest/globals';
import { parseJson } from '../../../functions/reader/json-text.ts';
import fc, { runs } from '../../fast-check.ts';

/** Some, escaped, begin as others are: the text `tem\u0070_c` as the name `tem\u0`. */
const names = ['tem\\u0', 'temp_c', '\\', '"', '\n', '\\n', '\\u', '\0', '__proto__', '0', 'a\\', 'a"'];

/** A name, each of its characters written as an escape or plainly. */
const spelled = fc.constantFrom(...names).chain((name) =>
  fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length }).map((escapes) => {
    const characters = [...name].map((character, index) =>
      escapes[index]
        ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
        : JSON.stringify(character).slice(1, -1),
    );
    return { name, source: `"${characters.join('')}"` };
  }),
);

const record = fc.uniqueArray(fc.tuple(spelled, fc.constantFrom('1', '[]', '{"\\"":-0}', '"x\\":"')), {
  selector: ([{ name }]) => name,
});

test('an escaped name is the name that was sent, whatever names the process met before [escaped-names]', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (records) => {
      for (const members of [...records, ...records.toReversed()]) {
        const text = `{${['"h":[]', ...members.map(([{ source }, value]) => `${source} :${value}`)].join()}}`;
        const value = parseJson(text, 'Line 1') as object;
        expect(Object.keys(value).sort()).toEqual(['h', ...members.map(([{ name }]) => name)].sort());
        for (const [{ name }, json] of members) {
          expect(JSON.stringify(Object.getOwnPropertyDescriptor(value, name)?.value)).toBe(json);
        }
      }
    }),
    { numRuns: runs(100) },
  );
});

test.each([
  '{"\\u0061":1,2:3}',
  '{"\\u0061" "b":1}',
  '{"\\u0061"::1}',
  '{"\\x":1}',
  '{"\\u0061":1',
  '{:"\\u0061"}',
])('what is not JSON is refused, with an escaped name too: %s', (text) => {
  expect(() => parseJson(text, 'Line 1')).toThrow('Line 1 is not JSON');
});

test.each(['{"a":1,"\\u0061":2}', '{"\\u0061":1,"\\u0061":2}'])(
  'a name that comes twice is refused, however it is spelled: %s [named-twice]',
  (text) => {
    expect(() => parseJson(text, 'Line 1')).toThrow('names a member twice');
  },
);
