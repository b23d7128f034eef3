import { type HeadObjectCommand, ListObjectsV2Command, NotFound, type S3Client } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { lookAtDay, lookAtDays, lookingOnce } from '../../operations/status/table-days.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../shared/datasets/weatherapi-forecast.ts';
import type { Outputs } from '../../shared/outputs.ts';
import { partsDigest } from '../../shared/parts.ts';

const folder = 'weatherapi/current/dt=2026-11-22/';
const of = { dataset: weatherapiCurrent, table: weatherapiCurrent.tables[0], day: '2026-11-22' };
const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 5, 0, second));
const part = (name: string, second: number, etag = name) => ({
  key: `${folder}${name}.parquet`,
  size: 4,
  lastModified: at(second),
  etag,
});
type Part = ReturnType<typeof part>;

/** Two buckets: the parts in curated, and in compacted what was made of some parts. */
function buckets(
  parts: readonly Part[],
  made?: { readonly of: readonly Part[]; readonly second: number; readonly version?: number },
) {
  const asked: string[] = [];
  const send = async (command: ListObjectsV2Command | HeadObjectCommand) => {
    asked.push(`${command.constructor.name} ${command.input.Bucket}`);
    if (command instanceof ListObjectsV2Command) {
      const found = parts.filter(({ key }) => key.startsWith(command.input.Prefix ?? ''));
      return {
        Contents: found.map(({ key, size, lastModified, etag }) => ({
          ...{ Key: key, Size: size, LastModified: lastModified, ETag: `"${etag}"` },
        })),
      };
    }
    if (!made) throw new NotFound({ message: '', $metadata: {} });
    const Metadata = {
      'parts-digest': partsDigest(
        { dataset: { ...of.dataset, version: made.version ?? of.dataset.version } },
        made.of,
      ),
    };
    return { LastModified: at(made.second), ContentLength: 9, Metadata };
  };
  const outputs = { CuratedBucketName: 'curated', CompactedBucketName: 'compacted' } as Outputs;
  return { asked, observed: { s3: { send } as unknown as S3Client, outputs } };
}

const [early, same, late] = [part('early', 10), part('same', 20), part('late', 30)];

test('a day of a table that was made of the parts that there are has the rows of all of them', async () => {
  const { observed, asked } = buckets([early, late], { of: [early, late], second: 20 });
  const day = await lookAtDay(observed, of);
  expect([early, late].map(day.has)).toEqual([true, true]);
  expect(asked).toEqual(['ListObjectsV2Command curated', 'HeadObjectCommand compacted']);
});

test('a day of a table that an earlier version of the dataset made has the rows of the same parts', async () => {
  const { observed } = buckets([early, same], { of: [early, same], second: 20, version: 1 });
  expect(of.dataset.version).not.toBe(1);
  expect([early, same].map((await lookAtDay(observed, of)).has)).toEqual([true, true]);
});

test.each([
  ['a part came', [early, same], [true, false, false]],
  ['a part was replaced', [early, same, { ...late, etag: 'before' }], [true, false, false]],
  ['a part was removed', [part('away', 1), early, same, late], [true, false, false]],
])('a day of a table in which %s since has the rows of older parts only', async (_what, made, expected) => {
  const { observed } = buckets([early, same, late], { of: made, second: 20 });
  // S3's times are whole seconds, so that of the same second may be either.
  expect([early, same, late].map((await lookAtDay(observed, of)).has)).toEqual(expected);
});

test('a day of a table is looked at once for all the objects of a story', async () => {
  const { observed, asked } = buckets([early], { of: [early], second: 20 });
  const look = lookingOnce(observed);
  await Promise.all([look(of), look(of)]);
  expect(asked).toHaveLength(2);
  await look({ ...of, day: '2026-11-23' });
  expect(asked).toHaveLength(3);
});

test('a day of a table that was never compacted has no rows, and nothing is asked of one without parts', async () => {
  expect((await lookAtDay(buckets([early]).observed, of)).has(early)).toBe(false);
  const { observed, asked } = buckets([]);
  const days = await lookAtDays(observed, weatherapiForecast, '2026-11-21', '2026-11-22');
  expect([...days.keys()]).toEqual([
    'weatherapi/forecast_hour/dt=2026-11-21/',
    'weatherapi/forecast_day/dt=2026-11-21/',
    'weatherapi/alert/dt=2026-11-21/',
    'weatherapi/forecast_hour/dt=2026-11-22/',
    'weatherapi/forecast_day/dt=2026-11-22/',
    'weatherapi/alert/dt=2026-11-22/',
  ]);
  expect(asked).toEqual(Array(6).fill('ListObjectsV2Command curated'));
});
