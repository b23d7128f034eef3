import { gzipSync } from 'node:zlib';
import { pick, random } from '../../../local/faults/random.ts';
import { curatedKeys, filedKey, parseRawKey } from '../../../shared/keys.ts';
import type { RawContent } from '../../stack.ts';
import type { ChangingObject } from './changing-world.ts';

/** One state of a raw object. */
export interface Version extends RawContent {
  /** How many records it holds, or the code of the dead letter when it can never be converted. */
  readonly outcome: number | string;
}

/** A raw object and what it is in turn. */
export interface RawObject extends ChangingObject {
  /** All that it is ever found under: one without a day is filed. */
  readonly keys: readonly string[];
  readonly curatedKey: string;
  readonly versions: readonly (Version | undefined)[];
}

export const day = '2026-11-22';
/** 2026-11-22T05:00:00Z */
const epoch = 1_795_323_600;

export const response = (temp_c: number, name = 'Oslo') =>
  JSON.stringify({ location: { name }, current: { last_updated_epoch: epoch, temp_c } });

/** Raw objects of all the forms that people drop, some of which change while they are worked on. */
export function rawObjects(seed: number, count = 8): RawObject[] {
  return Array.from({ length: count }, (_, index) => {
    const fraction = (what: string) => random(seed, what, index);
    // Undated objects take their day from their content, which stays the same here.
    const folder = fraction('folder') < 0.15 ? '' : `dt=${day}/`;
    const key = `weatherapi/current/${folder}dropped ${index}${folder ? '' : ' undated'}.json`;
    const parsed = parseRawKey(key);
    const filed = folder ? key : filedKey(parsed, day);
    const versions = pick(
      [
        [60, 1],
        [25, 2],
        [15, 3],
      ],
      fraction('versions'),
    );
    const vanishes = versions > 1 && fraction('vanishes') < 0.25;
    const keys = [...new Set([key, filed])];
    const curatedKey = curatedKeys({ ...parsed, key: filed, day })[0] ?? '';
    const of = [...keys, curatedKey];
    return {
      bucket: 'raw',
      key,
      keys,
      curatedKey,
      versions: Array.from({ length: versions }, (_value, at) =>
        vanishes && at === versions - 1 ? undefined : version(random(seed, 'content', index, at), index, at),
      ),
      change: pick(
        [
          [1, { action: 'GetObject', when: 'before', of }],
          [2, { action: 'GetObject', when: 'after', of }],
          [2, { action: 'PutObject', when: 'before', of }],
          [2, { action: 'PutObject', when: 'after', of }],
          [1, { action: 'HeadObject', when: 'before', of }],
          [1, { action: 'HeadObject', when: 'after', of }],
        ] as const,
        fraction('change'),
      ),
    };
  });
}

function version(fraction: number, index: number, at: number): Version {
  const temperature = index + at / 10;
  const of = (body: string | Uint8Array, outcome: number | string, metadata = {}): Version => ({
    body: Buffer.from(body),
    metadata,
    outcome,
  });
  const lines = ['Oslo', 'Melbourne', 'Reykjavík'].map((name) => response(temperature, name)).join('\n');
  return pick<() => Version>(
    [
      [5, () => of(response(temperature), 1)],
      [2, () => of(response(temperature), 1, { 'fetched-at': `2026-11-22T05:00:0${at}.000Z` })],
      [2, () => of(lines, 3)],
      [2, () => of(gzipSync(lines), 3)],
      [2, () => of(lines.slice(0, -1), 'not-json')],
    ],
    fraction,
  )();
}
