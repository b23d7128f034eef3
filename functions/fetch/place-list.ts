import { createHash } from 'node:crypto';
import type { RunEvent } from './run-event.ts';

/** What a run asks for, in its order, as a digest: runs of one hour that ask for the same are the same run. */
export function listDigest({ locations, options }: Pick<RunEvent, 'locations' | 'options'>): string {
  const list = JSON.stringify([locations, Object.entries(options).sort()]);
  return createHash('sha256').update(list).digest('hex');
}

/** Numbers of places as bits, in base64url: a thousand places take 167 of the 2 048 characters that S3 has for metadata. */
export function encodePlaces(places: Iterable<number>): string {
  const bits: number[] = [];
  for (const place of places) bits[place >> 3] = (bits[place >> 3] ?? 0) | (1 << (place & 7));
  return Buffer.from(bits).toString('base64url');
}

/** The numbers, ascending. */
export function decodePlaces(text: string): Set<number> {
  const places = new Set<number>();
  for (const [index, byte] of Buffer.from(text, 'base64url').entries()) {
    for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) places.add(index * 8 + bit);
  }
  return places;
}
