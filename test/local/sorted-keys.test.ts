import { describe, expect, test } from '@jest/globals';
import { SortedKeys } from '../../local/aws/sorted-keys.ts';
import fc from '../fast-check.ts';

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
// Few letters, so that keys are alike; some that UTF-8 and UTF-16 order differently.
const key = fc.string({
  unit: fc.constantFrom('a', 'B', '/', '\u00e9', '\uff5e', '\u{1f600}'),
  maxLength: 5,
});

describe('sorted keys', () => {
  test('are those that a bucket has, in the order of their bytes, whatever came and went', () => {
    fc.assert(
      fc.property(
        fc.array(key),
        fc.array(key),
        fc.array(key),
        key,
        key,
        (first, added, removed, prefix, after) => {
          const keys = new SortedKeys(new Set(first));
          for (const each of added) keys.add(each);
          for (const each of removed) keys.remove(each);
          const left = [...new Set([...first, ...added])].filter((each) => !removed.includes(each));
          const listed = left.filter((each) => each.startsWith(prefix) && byBytes(each, after) > 0);
          expect(keys.size).toBe(left.length);
          expect([...keys.with(prefix, after)]).toEqual(
            // An empty key names no object.
            after === ''
              ? left.filter((each) => each.startsWith(prefix) && each !== '').sort(byBytes)
              : listed.sort(byBytes),
          );
        },
      ),
    );
  });
});
