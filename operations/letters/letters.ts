import { type BuryingFunction, keysIn, notRecorded } from '../../shared/dead-letters.ts';
import { dayPrefix, givenUpPrefix, parsedDay } from '../../shared/keys.ts';
import { listObjects } from '../../shared/listing.ts';
import type { Deployed } from '../deployed.ts';

/** A message that was given up on this computer. */
export interface Letter {
  readonly id: string;
  readonly function: BuryingFunction;
  readonly code: string;
  readonly reason: string;
  /** Of the raw object; of a letter of compact, the prefix of the day. Null when its message names none. */
  readonly key: string | null;
  readonly sentAt: string;
  readonly tries: number | null;
}

type Local = Pick<Deployed, 'runtime' | 'outputs' | 's3'>;

/** The dead letters, newest first, without receiving them: nobody else misses one meanwhile. */
export function lettersOf({ runtime, outputs }: Pick<Local, 'runtime' | 'outputs'>): Letter[] {
  const urls = { convert: outputs.DeadLetterQueueUrl, compact: outputs.CompactDeadLetterQueueUrl };
  const letters = (['convert', 'compact'] as const).flatMap((by) =>
    (runtime?.emulator.messages(urls[by]) ?? []).map(({ id, body, attributes, sentAt }) => ({
      id,
      function: by,
      code: attributes.code ?? notRecorded,
      reason:
        attributes.reason ??
        'The function was stopped each time (time-out, memory or crash): its log says more.',
      key: keyOf(by, body) ?? attributes.rawKey ?? null,
      sentAt: sentAt.toISOString(),
      tries: attributes.tries === undefined ? null : Number(attributes.tries),
    })),
  );
  return letters.sort((a, b) => (a.sentAt < b.sentAt ? 1 : -1));
}

/** Keys of the raw objects that were given up, as they were before. */
export async function givenUpKeys({ s3, outputs }: Pick<Local, 's3' | 'outputs'>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listObjects(s3, outputs.RawBucketName, { prefix: givenUpPrefix }))
    keys.push(key.slice(givenUpPrefix.length));
  return keys;
}

function keyOf(by: BuryingFunction, body: string): string | undefined {
  const [key] = keysIn(body);
  const day = by === 'compact' && key !== undefined ? parsedDay(key) : undefined;
  return day ? dayPrefix(day) : key;
}
