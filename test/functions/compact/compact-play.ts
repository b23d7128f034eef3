import { isDeepStrictEqual } from 'node:util';
import { jest } from '@jest/globals';
import type { mergedParts } from '../../../functions/compact/merge.ts';
import { compactedKey, dayPrefix, tableDayOf } from '../../../shared/keys.ts';
import { partsDigest } from '../../../shared/parts.ts';
import type { Objects, Play } from '../data-stage/interleavings.ts';

// Thousands of merges are made here, and of each it only matters what it was made of: it tells the names of the contents.
const telling: typeof mergedParts = async function* (_of, parts) {
  const contents: string[] = [];
  for await (const { file } of parts)
    contents.push(Buffer.from(await file.slice(0, file.byteLength)).toString());
  yield Buffer.from(contents.join(' '));
  return { rows: contents.length };
};
jest.unstable_mockModule('../../../functions/compact/merge.ts', () => ({ mergedParts: telling }));
const { compactDay } = await import('../../../functions/compact/compact-day.ts');

const day = tableDayOf('weatherapi/current/dt=2026-11-22/');
const target = `compacted/${compactedKey(day)}`;
const folder = `curated/${dayPrefix(day)}`;

/** The contents of a day's parts, by name: `{ a: 'A1' }` for a part a. */
export type Parts = Readonly<Record<string, string>>;

/** Two workers compact a day, which has these parts at first, and then in turn. */
export function compactPlay(
  days: readonly Parts[],
  { isCompacted = false, without }: { isCompacted?: boolean; without?: Play['without'] } = {},
): Play {
  const [first = {}, ...changes] = days.map((parts, version) =>
    Object.fromEntries(Object.entries(parts).map(([name, etag]) => [`${folder}${name}`, { etag, version }])),
  );
  const gone = Object.fromEntries(
    days.flatMap((parts) => Object.keys(parts)).map((name) => [`${folder}${name}`, undefined]),
  );
  const { signal } = new AbortController();
  return {
    work: (s3) =>
      compactDay(day, { s3, curated: 'curated', compacted: 'compacted', signal, wait: async () => {} }),
    objects: isCompacted ? { ...first, ...objectOf(first) } : first,
    changes: changes.map((parts) => ({ ...gone, ...parts })),
    without,
    unchanged: ({ action }, answers) =>
      action === 'ListObjectsV2' && answers.at(-1)?.action !== 'HeadObject'
        ? answers.findLast(({ listed }) => listed !== undefined)
        : undefined,
  };
}

/** The compacted object of the parts that there are; none for none. */
function objectOf(objects: Objects): Objects {
  const parts = Object.entries(objects).filter(([name]) => name.startsWith(folder));
  if (parts.length === 0) return {};
  const etag = parts.map(([, part]) => part.etag).join(' ');
  return { [target]: { etag, version: -1, metadata: { 'parts-digest': digestOf(objects) } } };
}

function digestOf(objects: Objects): string {
  const parts = Object.entries(objects).filter(([name]) => name.startsWith(folder));
  return partsDigest(
    day,
    parts.map(([name, { etag }]) => ({ key: name.slice('curated/'.length), etag })),
  );
}

/** Whether the compacted object is of the parts that there are, byte for byte. */
export function isRight(objects: Objects): boolean {
  return isDeepStrictEqual(objects[target], objectOf(objects)[target]);
}

/** Whether reconcile sees a day that is to be compacted again. */
export function isStale(objects: Objects): boolean {
  const made = objects[target];
  return made
    ? made.metadata?.['parts-digest'] !== digestOf(objects)
    : objectOf(objects)[target] !== undefined;
}
