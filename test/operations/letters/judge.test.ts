import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { judge } from '../../../operations/letters/judge.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { response, tablesOf } from '../../functions/convert/converted.ts';

const folder = new URL('../../samples/', import.meta.url);
const samples = ['current', 'forecast', 'history'].flatMap((dataset) =>
  readdirSync(new URL(dataset, folder))
    .filter((name) => !name.endsWith('.expected.json') && name !== 'cut-short-gzipped.json.gz')
    .map((name) => `${dataset}/${name}`),
);
const { signal } = new AbortController();

/** What convert makes of a text: rows, or a reason. */
async function converts(key: string, text: string) {
  try {
    const { tables } = await tablesOf(text, { key });
    return { rows: tables.reduce((sum, { rows }) => sum + rows, 0), reason: null };
  } catch (error) {
    if (error instanceof PermanentError) return { rows: null, reason: error.message };
    throw error;
  }
}

describe('the judge says what convert does', () => {
  test.each(samples)('with the sample %s', async (sample) => {
    const [dataset, name = ''] = sample.split('/');
    const key = `weatherapi/${dataset}/dt=2026-11-22/${name}`;
    const bytes = readFileSync(new URL(sample, folder));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    expect(await judge(key, text, signal)).toMatchObject(await converts(key, text));
  });

  test('with every text that ends too early', async () => {
    const key = 'weatherapi/current/dt=2026-11-22/a.json';
    const text = `${response({ uv: 1 })}\n[${response({ uv: 2 })}]\n`;
    for (let length = 0; length <= text.length; length++) {
      const cut = text.slice(0, length);
      expect({ cut, ...(await judge(key, cut, signal)) }).toMatchObject({
        cut,
        ...(await converts(key, cut)),
      });
    }
  });

  test.each([
    ['weatherapi/current/a.json', response({ uv: 1 }), /no dt= folder, and none of its records/],
    ['weatherapi/current/dt=1999-01-01/a.json', response({ uv: 1 }), /begins on/],
    ['elsewhere/a.json', response({ uv: 1 }), /not under the prefix/],
  ])('with an object under %s', async (key, text, reason) => {
    expect(await judge(key, text, signal)).toEqual({
      rows: null,
      reason: expect.stringMatching(reason),
      mark: null,
    });
  });
});

describe('the judge marks', () => {
  const good = response({ uv: 1 });
  const whole = '{"error":{"code":1}}';
  test.each<[string, string, string, string]>([
    ['the value that is none', `${good}\n`, 'NaN', `}\n${good}`],
    ['the value that is none, in an array', `[${good},`, 'NaN', `}]`],
    [
      'the value that is none, in a document',
      `\n{\n "location": {"name": "Oslo é 🌧"},\n "current":`,
      'undefined',
      '\n}',
    ],
    ['the end of a line that is cut short', `${good}\n{"location":{"name":"Os"`, '', `\n${good}`],
    ['the end of a text that is cut short', `[${good},`, '', ''],
    ['the comma too many', `${good}\n{"location":{"name":"Oslo"},`, '}', ''],
    ['what is no answer', `${good}\n`, whole, `\n${good}`],
    ['what is no answer, in an array', `[${good},\n `, whole, `, ${good}]`],
    ['what follows a value', `${good} `, 'garbage', ''],
    ['what stands where a comma should', `[${good}`, '{', `"location":{}}]`],
    ['a text in a text', `${good}\n`, JSON.stringify('{"a":'), `\n${good}`],
  ])('%s', async (_what, before, marked, after) => {
    const nested = /value that is none/.test(_what) && !_what.includes('document');
    const start = nested ? `${before}{"location":{"name":"Oslo"},"current":` : before;
    const { mark } = await judge('weatherapi/current/dt=2026-11-22/a.json', start + marked + after, signal);
    expect(mark).toEqual([start.length, start.length + marked.length]);
  });
});
