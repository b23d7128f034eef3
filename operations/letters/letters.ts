import type { DeadLetter } from '../../shared/dead-letters.ts';
import { givenUpPrefix } from '../../shared/keys.ts';
import { listObjects } from '../../shared/listing.ts';
import type { Deployed } from '../deployed.ts';
import { queuedLetters } from './queued-letters.ts';

/** A dead letter, as a page gets it. */
export interface Letter extends Omit<DeadLetter, 'sentAt'> {
  readonly sentAt: string;
}

/** The dead letters on this computer, newest first. */
export function lettersOf({ runtime, outputs }: Pick<Deployed, 'runtime' | 'outputs'>): Letter[] {
  return queuedLetters(runtime, outputs)
    .map(({ body: _, keys: __, sentAt, ...letter }) => ({ ...letter, sentAt: sentAt.toISOString() }))
    .sort((a, b) => (a.sentAt < b.sentAt ? 1 : -1));
}

/** Keys of the raw objects that were given up, as they were before. */
export async function givenUpKeys({ s3, outputs }: Pick<Deployed, 's3' | 'outputs'>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listObjects(s3, outputs.RawBucketName, { prefix: givenUpPrefix }))
    keys.push(key.slice(givenUpPrefix.length));
  return keys;
}
