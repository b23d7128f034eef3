import { jest } from '@jest/globals';
import type { conversion } from '../../../functions/convert/conversion.ts';
import type { Objects, Play } from '../data-stage/interleavings.ts';

// Thousands of conversions are made here, and of each it only matters what it was made of: it copies the bytes.
const copying: typeof conversion = async function* ({ dataset: { tables } }, { body }) {
  for await (const bytes of body) yield tables.map(() => bytes);
  return { rows: tables.map(() => 0), rescuedFields: 0, unexpected: [] };
};
const conversionPath = '../../../functions/convert/conversion.ts';
const actual = (await import(conversionPath)) as typeof import('../../../functions/convert/conversion.ts');
jest.unstable_mockModule(conversionPath, () => ({ ...actual, conversion: copying }));
const { convertObject } = await import('../../../functions/convert/convert-object.ts');

interface Conversion {
  /** The key that two workers work on at once. */
  readonly rawKey: string;
  /** What is in raw under the key at first, and then in turn: names of contents. */
  readonly contents: readonly string[];
  /** What is in curated at first. */
  readonly curated?: Objects;
  readonly without?: Play['without'];
}

export function convertPlay({ rawKey, contents, curated, without }: Conversion): Play {
  const [first, ...changes] = contents.map((etag, version) => ({ [`raw/${rawKey}`]: { etag, version } }));
  const { signal } = new AbortController();
  return {
    work: (s3) => convertObject(rawKey, { s3, raw: 'raw', curated: 'curated', signal }),
    objects: { ...curated, ...first },
    changes,
    without,
    unchanged: ({ action, object }, answers) =>
      action === 'HeadObject' && object === `raw/${rawKey}`
        ? answers.findLast(({ version }) => version !== undefined && version >= 0)
        : undefined,
  };
}
