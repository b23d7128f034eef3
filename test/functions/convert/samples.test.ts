import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { ParquetRow } from '../../../operations/query/parquet-rows.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { filled, rowsIn, tablesOf } from './converted.ts';

const samplesFolder = new URL('../../samples/', import.meta.url);
const datasets = readdirSync(samplesFolder).filter((name) => name !== 'README.md');
const files = datasets.flatMap((dataset) =>
  readdirSync(new URL(dataset, samplesFolder)).map((file) => `${dataset}/${file}`),
);
const samples = files.filter((file) => !file.endsWith('.expected.json'));

const expectedOf = (sample: string) => sample.replace(/\.(nd)?json(\.gz)?$/, '.expected.json');

/**
 * The rows by table, or of the only one, without their null cells and the raw key, which would only repeat the file's name;
 * or the failure's code.
 */
async function outcomeOf(sample: string): Promise<object> {
  const [dataset, name] = sample.split('/');
  const raw = readFileSync(new URL(sample, samplesFolder));
  try {
    const { tables } = await tablesOf(raw, { key: `weatherapi/${dataset}/dt=2026-11-22/${name}` });
    const byTable: [table: string, rows: ParquetRow[]][] = [];
    for (const { table, file } of tables)
      byTable.push([table, (await rowsIn(file)).map(({ raw_key: _, ...row }) => filled(row))]);
    return byTable.length > 1 ? Object.fromEntries(byTable) : (byTable[0]?.[1] ?? []);
  } catch (error) {
    if (error instanceof PermanentError) return { error: error.code };
    throw error;
  }
}

/** Of several tables, with one row on each line. */
function printed(outcome: object): string {
  if (!Object.values(outcome).every(Array.isArray)) return JSON.stringify(outcome, null, 2);
  const tables = Object.entries(outcome).map(([table, rows]: [string, object[]]) => {
    const lines = rows.map((row) => `\n    ${JSON.stringify(row)}`);
    return `  "${table}": [${lines.join()}${lines.length > 0 ? '\n  ' : ''}]`;
  });
  return `{\n${tables.join(',\n')}\n}`;
}

describe('a raw sample converts to what stands beside it:', () => {
  test.each(samples)('%s', async (sample) => {
    const outcome = await outcomeOf(sample);
    const expected = expectedOf(sample);
    if (!files.includes(expected)) {
      throw new Error(
        `test/samples/${expected} is missing. If this is right, it is what belongs there:\n${printed(outcome)}`,
      );
    }
    expect(outcome).toEqual(JSON.parse(readFileSync(new URL(expected, samplesFolder), 'utf8')));
  });
});

test('every expectation has its raw sample', () => {
  const expectations = files.filter((file) => file.endsWith('.expected.json'));
  expect(expectations.sort()).toEqual(samples.map(expectedOf).sort());
});
