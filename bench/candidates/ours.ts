import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { conversion } from '../../functions/convert/conversion.ts';
import { parseRawKey } from '../../shared/keys.ts';
import type { CreateCandidate } from '../candidates.ts';

const rawKey = parseRawKey('weatherapi/current/dt=2026-01-01/20260101T000000Z.json');

/** Pieces of the size in which S3's answers come. */
const pieceBytes = 64 * 1024;

/** What functions/convert does between S3 and S3, with all columns of the table. */
export const createCandidate: CreateCandidate = async () => ({
  convert: async ({ bytes }) => Buffer.concat(await Array.fromAsync(parquet(piecesOf(bytes)))),
  stream: (from, to) => pipeline(parquet(createReadStream(from)), createWriteStream(to)),
});

async function* parquet(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const [piece] of conversion(rawKey, { body, fetchedAt: new Date(0) })) if (piece) yield piece;
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
