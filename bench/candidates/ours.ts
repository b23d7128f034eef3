import { conversion } from '../../functions/convert/conversion.ts';
import { parseRawKey } from '../../shared/keys.ts';
import type { Candidate } from './candidate.ts';

const rawKey = parseRawKey('weatherapi/current/dt=2026-01-01/20260101T000000Z.json');

/** Bytes of a piece, as S3's answers come in. */
const pieceBytes = 64 * 1024;

/** What functions/convert does between S3 and S3, with all columns of the dataset. */
export async function createCandidate(): Promise<Candidate> {
  return { convert: async ({ bytes }) => Buffer.concat(await Array.fromAsync(converted(piecesOf(bytes)))) };
}

/** The Parquet file of what comes in pieces, in pieces. */
export function converted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return conversion(rawKey, { body, fetchedAt: new Date(0) });
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
