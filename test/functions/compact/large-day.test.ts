import { GetObjectCommand, ListObjectsV2Command, NotFound, type S3Client } from '@aws-sdk/client-s3';
import { describe, expect, jest, test } from '@jest/globals';
import { compactDay } from '../../../functions/compact/compact-day.ts';
import { limits } from '../../../functions/compact/limits.ts';
import { tableDayOf } from '../../../shared/keys.ts';
import { converted, response } from '../convert/converted.ts';
import { merged } from './merged.ts';

const day = 'weatherapi/current/dt=2026-11-22/';

describe('a day is refused, with what to do, when it may take too long:', () => {
  /** Lists parts, and fails when one is read. */
  const listing = (count: number, Size: number): S3Client =>
    ({
      async send(command: unknown) {
        if (command instanceof ListObjectsV2Command)
          return {
            Contents: Array.from({ length: count }, (_, index) => ({
              Key: `${day}${index}`,
              Size,
              ETag: 'x',
            })),
          };
        if (command instanceof GetObjectCommand) throw new Error('It reads.');
        throw new NotFound({ $metadata: {}, message: '' });
      },
    }) as unknown as S3Client;
  const compact = (s3: S3Client) => {
    const { signal } = new AbortController();
    const wait = async () => {};
    return compactDay(tableDayOf(day), { s3, curated: 'curated', compacted: 'compacted', signal, wait });
  };
  const { parts, bytes } = limits;

  test.each([
    ['too many parts', parts + 1, 1, `${parts + 1} parts (at most ${parts}). Raise`],
    ['too many bytes', 2, bytes / 2 + 1, `${bytes + 2} bytes (at most ${bytes}). Raise`],
    ['both', parts + 1, bytes, `${parts + 1} parts (at most ${parts}), `],
  ])('%s', async (_what, count, size, reason) => {
    await expect(compact(listing(count, size))).rejects.toMatchObject({
      code: 'too-many-parts',
      message: expect.stringContaining(`"${day}" has more than compact takes in time: ${reason}`),
    });
  });

  test('too many rows', async () => {
    const raw = Array.from({ length: 30_000 }, () => response({ temp_c: 1 })).join('\n');
    const { file } = await converted(raw);
    const most = Math.floor(limits.rows / 30_000);
    const ofParts = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ key: `${index}`, file }));
    expect(await merged(tableDayOf(day), ofParts(most))).toMatchObject({ rows: most * 30_000 });
    await expect(merged(tableDayOf(day), ofParts(most + 1))).rejects.toMatchObject({
      code: 'too-many-parts',
      message: expect.stringContaining(`${(most + 1) * 30_000} rows (at most ${limits.rows})`),
    });
  });

  test('too much text in small row groups, however well it is packed', async () => {
    const most = 20 * 1024 ** 2;
    const replaced = jest.replaceProperty(limits as { text: number }, 'text', most);
    try {
      const text = 'x'.repeat(7 * 1024 ** 2);
      const { file } = await converted(response({ condition: { text } }));
      const ofParts = (count: number) =>
        Array.from({ length: count }, (_, index) => ({ key: `${index}`, file }));
      expect(await merged(tableDayOf(day), ofParts(2))).toMatchObject({ rows: 2 });
      await expect(merged(tableDayOf(day), ofParts(3))).rejects.toMatchObject({
        code: 'too-many-parts',
        message: expect.stringContaining(` bytes of text (at most ${most})`),
      });
    } finally {
      replaced.restore();
    }
  });

  test('what is just below the limits is read', async () => {
    for (const s3 of [listing(parts, 1), listing(2, bytes / 2)])
      await expect(compact(s3)).rejects.toThrow('It reads.');
  });
});
