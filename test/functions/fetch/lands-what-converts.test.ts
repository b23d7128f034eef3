import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiKey } from '../../../functions/fetch/api-key.ts';
import { run } from '../../../functions/fetch/run.ts';
import { WeatherApi } from '../../../functions/fetch/weatherapi.ts';
import { weatherapiCurrent } from '../../../shared/datasets/weatherapi-current.ts';
import fc, { runs } from '../../fast-check.ts';
import { columnsFrom, converted } from '../convert/converted.ts';
import { anyJson, objectOf } from '../convert/properties/json-source.ts';
import { damagedFile, rawText, recordMembers } from '../convert/properties/raw-files.ts';
import { FakeSecrets } from './fake-secrets.ts';

const realFetch = globalThis.fetch;
/** What the provider answers, by place. */
let bodies: readonly Uint8Array[] = [];
beforeAll(() => {
  globalThis.fetch = async (url) =>
    new Response(Buffer.from(bodies[Number(new URL(String(url)).searchParams.get('q'))] ?? []));
});
afterAll(() => {
  globalThis.fetch = realFetch;
});

const api = new WeatherApi('http://127.0.0.1/v1', new ApiKey(new FakeSecrets('the key').client, 'key'));

/** What lands of a run. */
async function landed(): Promise<Buffer> {
  let object: Buffer = Buffer.alloc(0);
  await run(
    {
      scheduledTime: new Date('2026-11-22T05:00:00Z'),
      dataset: weatherapiCurrent,
      locations: bodies.map((_body, index) => String(index)),
      options: {},
    },
    {
      api,
      raw: {
        look: async () => undefined,
        lines: async () => undefined,
        put: async (_key, lines) => {
          object = Buffer.concat(await Array.fromAsync(lines));
          return true;
        },
        async *runsBefore() {},
        keysOf: async () => new Set(),
      },
      clock: { now: () => 0, sleep: async () => {} },
      onPause: () => {},
    },
    new AbortController().signal,
  );
  return object;
}

/** What JSON has no room for in a string, and line breaks between tokens that it has. */
const rawInString = fc
  .tuple(fc.constantFrom('\n', '\r', '\r\n', '\t', '\0', '\u2028', 'é'), fc.constantFrom('', '\n', '\r\n'))
  .map(([raw, gap]) => `{"location":{"name":"New${raw}York"},${gap}"current":{"temp_c":1}}`);
const record = fc
  .tuple(recordMembers, fc.constantFrom('', ' ', '\n', '\r\n\t', '\n\n  '))
  .map(([members, gap]) => objectOf(members, gap));
const bytesOf = (text: string) => Buffer.from(text);
const body: fc.Arbitrary<Uint8Array> = fc.oneof(
  { arbitrary: record.map(bytesOf), weight: 4 },
  record.map((text) => bytesOf(`\ufeff${text}\r\n`)),
  record.map((text) => bytesOf(`\ufeff\ufeff${text}`)),
  record.map((text) => Buffer.from(text, 'latin1')),
  record.map((text) => gzipSync(text)),
  fc
    .tuple(record, fc.constantFrom('\n', '\r', ' ', ',', ''))
    .map(([text, gap]) => bytesOf(text + gap + text)),
  anyJson.map(bytesOf),
  anyJson.map((json) => bytesOf(`{"location":{"lat":2},"current":${json}}`)),
  { arbitrary: rawInString.map(bytesOf), weight: 2 },
  rawText.map(bytesOf),
  damagedFile,
  fc.constantFrom('', '{}', '\n', '\0', '[]').map(bytesOf),
);

test('whatever fetch lands converts, one row per line, as the body itself would [lands-what-converts]', async () => {
  let kept = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 4 }), async (answers) => {
      bodies = answers;
      const raw = await landed();
      const lines = raw.toString('latin1').split('\n').slice(0, -1);
      const accepted = answers.filter((answer) => lines.includes(lineOf(answer)));
      expect(accepted.map(lineOf)).toEqual(lines);
      expect(lines.map(jsonOf)).toEqual(accepted.map(sentJsonOf));
      kept += lines.length;
      refused += answers.length - lines.length;
      if (lines.length === 0) return;
      expect(await converted(raw)).toMatchObject({ rows: lines.length });
      for (const [index, answer] of accepted.entries()) {
        const line = Buffer.from(lines[index] ?? '', 'latin1');
        expect(columnsFrom(line, weatherapiCurrent)).toEqual(columnsFrom(answer, weatherapiCurrent));
      }
    }),
    { numRuns: runs(80) },
  );
  expect(Math.min(kept, refused)).toBeGreaterThan(30); // Else there is nothing to see.
});

/** What may differ: a byte-order mark, and line breaks. */
function lineOf(answer: Uint8Array): string {
  const text = Buffer.from(answer).toString('latin1');
  return text.replace(/^\xef\xbb\xbf/, '').replaceAll(/[\r\n]/g, ' ');
}

function jsonOf(line: string): unknown {
  return JSON.parse(Buffer.from(line, 'latin1').toString());
}

/** Fails for what is not JSON as it was sent. */
function sentJsonOf(answer: Uint8Array): unknown {
  return JSON.parse(
    Buffer.from(answer)
      .toString()
      .replace(/^\ufeff/, ''),
  );
}
