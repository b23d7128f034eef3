import type { SQSClient } from '@aws-sdk/client-sqs';
import type { BuryingFunction, DeadLetter, DeadLetters, HeldLetter } from '../../shared/dead-letters.ts';
import { batchesOf, sendMessages } from '../../shared/send-messages.ts';
import { holdFor, type LetterSelection, selectLetters } from './selection.ts';

export interface Redriven {
  readonly redriven: readonly DeadLetter[];
  /** Not selected, not sent, or not reached. */
  readonly left: readonly DeadLetter[];
  /** Could not be sent, or was sent and not deleted: sending it again does no harm. */
  readonly failed: readonly { readonly letter: DeadLetter; readonly reason: string }[];
}

export interface RedriveOptions {
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends letters to the queues they came from, each as it is. Sent, then deleted: at least once, and doing it twice gives
 * the same result. Letters that die again meanwhile are not taken up again.
 * @throws {Error} when a selected id is not that of one letter
 */
export function redrive(
  deadLetters: DeadLetters,
  to: {
    readonly sqs: Pick<SQSClient, 'send'>;
    readonly queueUrls: Readonly<Record<BuryingFunction, string>>;
  },
  selection: LetterSelection,
  { dryRun = false, signal }: RedriveOptions = {},
): Promise<Redriven> {
  return deadLetters.hold({ seconds: holdFor, signal }, async ({ letters, remove }) => {
    const redriven: HeldLetter[] = [];
    const failed: Redriven['failed'][number][] = [];
    const selected = selectLetters(letters, selection);
    const batches = Object.entries(to.queueUrls).flatMap(([by, url]) =>
      batchesOf(selected.filter((letter) => letter.function === by)).map((batch) => ({ url, batch })),
    );
    for (const { url, batch } of batches) {
      if (signal?.aborted) break;
      try {
        if (!dryRun) {
          await sendMessages(
            to.sqs,
            url,
            batch.map(({ body }) => body),
          );
          await remove(batch);
        }
        redriven.push(...batch);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failed.push(...batch.map((letter) => ({ letter: withoutBody(letter), reason })));
      }
    }
    const gone = new Set<DeadLetter>(redriven);
    const left = letters.filter((letter) => !gone.has(letter));
    return { redriven: redriven.map(withoutBody), left: left.map(withoutBody), failed };
  });
}

function withoutBody({ body: _, ...letter }: HeldLetter): DeadLetter {
  return letter;
}
