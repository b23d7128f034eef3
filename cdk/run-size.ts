import { Size } from 'aws-cdk-lib';
import { limits } from '../functions/fetch/limits.ts';
import type { Dataset } from '../shared/dataset.ts';

/**
 * Places that fit into a run: so many at once, in its time less that for further passes and for landing what came. An
 * answer takes a fraction of the 1.5 s that each may take here.
 */
export const maxPlaces = Math.floor(
  (limits.concurrency * (limits.timeout - limits.patience - limits.landing)) / 1500,
);
/**
 * Bytes of the places as JSON. A schedule's input is what Lambda takes as an asynchronous event, 256 KB at most; the
 * rest of it has less than 1 KB.
 */
const maxPlacesBytes = 255 * 1024;

/** Lambda's. */
const maxDisk = Size.gibibytes(10);

/** How many of the places, from the first on, fit into one run and into the schedule's input. */
export function fitting(dataset: Dataset, places: readonly string[]): number {
  let bytes = 0;
  const over = places.findIndex((place) => {
    bytes += Buffer.byteLength(JSON.stringify(place)) + 1;
    return bytes > maxPlacesBytes;
  });
  return Math.min(placesPerRun(dataset), over < 0 ? places.length : over);
}

/** Places that a run has time for, and disk if each answer is as long as allowed. Days land one by one, without the disk. */
export function placesPerRun({ identity, maxAnswerBytes }: Dataset): number {
  const onDisk = identity === 'time' ? Math.floor(maxDisk.toBytes() / maxAnswerBytes) : maxPlaces;
  return Math.min(maxPlaces, onDisk);
}
