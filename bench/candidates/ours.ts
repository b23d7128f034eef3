import { open } from 'node:fs/promises';
import { conversion } from '../../functions/convert/conversion.ts';
import { parseRawKey } from '../../shared/keys.ts';
import type { CreateCandidate } from '../candidates.ts';

/** Pieces of the size in which S3's answers come. */
const pieceBytes = 64 * 1024;

/** What functions/convert does between S3 and S3, with all columns of the dataset. */
export const createCandidate: CreateCandidate = async (_tables, { name }) => {
  const rawKey = parseRawKey(`${name}/dt=2026-01-01/20260101T000000Z.json`);
  const parquet = (body: AsyncIterable<Uint8Array>) => conversion(rawKey, { body, fetchedAt: new Date(0) });
  return {
    async convert({ bytes }) {
      const files: Uint8Array[][] = rawKey.dataset.tables.map(() => []);
      for await (const pieces of parquet(piecesOf(bytes)))
        for (const [table, piece] of pieces.entries()) files[table]?.push(piece);
      return files.map((pieces) => Buffer.concat(pieces));
    },
    async stream(from, to) {
      const files = await Promise.all(to.map((path) => open(path, 'w')));
      for await (const pieces of parquet(piecesIn(from)))
        for (const [table, piece] of pieces.entries()) if (piece.length > 0) await files[table]?.write(piece);
      await Promise.all(files.map((file) => file.close()));
    },
  };
};

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** Through one buffer: what a stream reads ahead, some 40 MB until the garbage is collected, is not the converter's memory. */
async function* piecesIn(path: string): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(pieceBytes);
  await using file = await open(path);
  for (;;) {
    const { bytesRead } = await file.read(buffer);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
