import { gzipSync } from 'node:zlib';
import { pick, random } from '../../local/faults/random.ts';
import type { Day } from '../../shared/keys.ts';

/** What somebody drops into raw. */
export interface DroppedObject {
  readonly key: string;
  readonly body: Buffer;
}

export const day: Day = '2026-11-22';
/** 2026-11-22T05:00:00Z */
export const instant = 1_795_323_600;

const places = ['Oslo', 'Melbourne', 'Reykjavík'];

/** Objects of the forms that people drop: whole, packed, without a day, and some that can never be converted. */
export function droppedObjects(seed: number, count: number): DroppedObject[] {
  return Array.from({ length: count }, (_, index) => {
    const folder = random(seed, 'folder', index) < 0.1 ? '' : `dt=${day}/`;
    const lines = places.map((place) => response(place, index)).join('\n');
    const body = pick<string | Uint8Array>(
      [
        [5, response('Oslo', index)],
        [2, lines],
        [2, gzipSync(lines)],
        [1, lines.slice(0, -1)],
      ],
      random(seed, 'body', index),
    );
    return { key: `weatherapi/current/${folder}dropped-${index}.json`, body: Buffer.from(body) };
  });
}

function response(name: string, temperature: number): string {
  return JSON.stringify({
    location: { name },
    current: { last_updated_epoch: instant, temp_c: temperature },
  });
}
