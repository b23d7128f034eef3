import pMap from 'p-map';
import { type DeadLetter, DeadLetters } from '../../shared/dead-letters.ts';
import { headObject } from '../../shared/head-object.ts';
import type { Reached } from '../deployed.ts';

/** Concurrent requests. */
const concurrency = 16;

/** The dead-letter queues of a deployment. */
export function deadLettersOf({
  sqs,
  outputs,
  runtime,
}: Pick<Reached, 'sqs' | 'outputs'> & Partial<Pick<Reached, 'runtime'>>): DeadLetters {
  const queues = [
    { function: 'convert', url: outputs.DeadLetterQueueUrl },
    { function: 'compact', url: outputs.CompactDeadLetterQueueUrl },
  ] as const;
  return new DeadLetters(sqs, queues, runtime ? 0 : 1);
}

/** The dead letters that leave convert nothing to do: their raw objects are gone. By id. */
export async function lettersWithoutObject(deployed: Reached): Promise<ReadonlySet<string>> {
  const { s3, outputs } = deployed;
  const letters = await deadLettersOf(deployed).list();
  const isGone = async ({ function: by, key }: DeadLetter) =>
    by === 'convert' && key !== null && (await headObject(s3, outputs.RawBucketName, key)) === undefined;
  const gone = await pMap(letters, isGone, { concurrency });
  return new Set(letters.filter((_, index) => gone[index]).map(({ id }) => id));
}
