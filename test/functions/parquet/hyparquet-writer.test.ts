import { createHash } from 'node:crypto';
import { test } from '@jest/globals';
import { parquetOf } from '../convert/converted.ts';

/** What is used of hyparquet-writer and hyparquet that their API does not promise. */
const internals = [
  ['parquetHeader', 'hyparquet/src/column.js'],
  ['writePageHeader', 'hyparquet-writer/src/datapage.js'],
  ['writeMetadata', 'hyparquet-writer/src/metadata.js'],
  ['unconvertMinMax', 'hyparquet-writer/src/unconvert.js'],
] as const;

test.each(internals)('an update has not moved %s from %s [writer-update]', async (name, module) => {
  const found: Record<string, unknown> = await import(module).catch(() => ({}));
  if (typeof found[name] !== 'function') {
    throw new Error(
      `There is no ${name} in ${module} any more, which functions/parquet/ uses. ` +
        'Find where it is now, or stay with the version before.',
    );
  }
});

test('hyparquet-writer writes the bytes that it wrote before', async () => {
  const rows = Array.from({ length: 20 }, (_, row) => ({
    string: row % 3 ? 'Oslo' : `${'Saint-Étienne '.repeat(5)}${row % 2}`,
    double: row / 8,
    int: row % 2,
    bigint: row % 4 ? row : null,
    timestamp: 1_795_323_600,
  }));
  const file = await parquetOf(rows.map((a) => JSON.stringify({ a })).join('\n'));
  const sha256 = createHash('sha256').update(file).digest('hex');
  if (sha256 !== '0a5d67687cc8ac93d743b9b93aa1531221470041e773c38e0bfb9b85273d1bb2') {
    throw new Error(
      `A file has other bytes than before, and every file would change when it is converted again: ${sha256}. ` +
        'If this is meant, and row-groups.test.ts passes, save this hash here.',
    );
  }
});
