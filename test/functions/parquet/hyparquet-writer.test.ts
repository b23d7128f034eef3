import { test } from '@jest/globals';

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
