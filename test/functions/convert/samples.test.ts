import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { converted, failureOf, filled, rowsOf } from './converted.ts';

const folder = new URL('../../samples/', import.meta.url);
const files = readdirSync(folder);
const samples = files.filter((file) => !file.endsWith('.expected.json') && file !== 'README.md');

const expectedOf = (sample: string) => sample.replace(/\.(nd)?json(\.gz)?$/, '.expected.json');

/** The rows without their null cells and the raw key, which would only repeat the file's name; or the failure's code. */
async function outcomeOf(sample: string): Promise<unknown> {
  const raw = readFileSync(new URL(sample, folder));
  const key = `weatherapi/current/dt=2026-11-22/${sample}`;
  try {
    const rows = await rowsOf(raw, { key });
    return rows.map(({ raw_key: _, ...row }) => filled(row));
  } catch {
    return { error: (await failureOf(() => converted(raw, { key }))).code };
  }
}

describe('a raw sample converts to what stands beside it:', () => {
  test.each(samples)('%s', async (sample) => {
    const outcome = await outcomeOf(sample);
    const expected = expectedOf(sample);
    if (!files.includes(expected)) {
      const json = JSON.stringify(outcome, null, 2);
      throw new Error(
        `test/samples/${expected} is missing. If this is right, it is what belongs there:\n${json}`,
      );
    }
    expect(outcome).toEqual(JSON.parse(readFileSync(new URL(expected, folder), 'utf8')));
  });
});

test('every expectation has its raw sample', () => {
  const expectations = files.filter((file) => file.endsWith('.expected.json'));
  expect(expectations.sort()).toEqual(samples.map(expectedOf).sort());
});
