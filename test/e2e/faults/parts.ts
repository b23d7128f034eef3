import { pick, random } from '../../../local/faults/random.ts';
import { compactedKey, tableDayOf } from '../../../shared/keys.ts';
import { converted } from '../../functions/convert/converted.ts';
import type { ChangingObject } from './changing-world.ts';
import { day, response } from './traffic.ts';

/** Only of such parts: it is without any at times. */
const dayBefore = '2026-11-21';

/** How a part changes. What was there before has the same bytes when it is back, and so the same ETag. */
const courses: readonly (readonly [weight: number, contents: readonly (number | undefined)[]])[] = [
  [2, [1]],
  [2, [1, 2]],
  [2, [1, undefined]],
  [3, [1, 2, 1]],
  [3, [1, undefined, 1]],
  [1, [1, undefined, 2, undefined, 1]],
];

/** Curated objects that somebody else than convert puts there, replaces, takes away and puts back. */
export function parts(seed: number): Promise<ChangingObject[]> {
  const folders = [dayBefore, dayBefore, day, day].map((each) => `weatherapi/current/dt=${each}/`);
  return Promise.all(
    folders.map(async (prefix, index) => {
      const key = `${prefix}part-${index}.parquet`;
      const fraction = (what: string) => random(seed, 'part', what, index);
      const table = compactedKey(tableDayOf(prefix));
      const [action, of] = pick<[string, string]>(
        [
          [3, ['ListObjectsV2', prefix]],
          [3, ['GetObject', key]],
          [2, ['HeadObject', table]],
          [3, ['PutObject', table]],
          [1, ['DeleteObject', table]],
        ],
        fraction('action'),
      );
      return {
        bucket: 'curated',
        key,
        versions: await Promise.all(pick(courses, fraction('course')).map((at) => content(key, at))),
        change: {
          action,
          when: fraction('when') < 0.5 ? 'before' : 'after',
          of: [of],
          pause: fraction('pause') * 100,
          from: fraction('from') < 0.5 ? 1 : 2,
        },
      } satisfies ChangingObject;
    }),
  );
}

async function content(key: string, at: number | undefined) {
  if (at === undefined) return undefined;
  // In the second version, it has another row more.
  const lines = ['Oslo', 'Nice'].slice(0, at).map((name) => response(at, name));
  const { file } = await converted(lines.join('\n'), { key: key.replace('.parquet', '.json') });
  return { body: Buffer.from(file), metadata: {} };
}
