import pMap from 'p-map';
import { type DeadLetter, type DeadLetters, keysIn } from '../../shared/dead-letters.ts';
import { givenUpPrefix } from '../../shared/keys.ts';
import { batchesOf, batchSize } from '../../shared/send-messages.ts';
import { type GivenUp, giveUp, type RawObjects } from './given-up.ts';
import { holdFor, type LetterSelection, selectLetters } from './selection.ts';

/** A letter that was dropped, and what became of the raw objects that it names: none if it is about a day. */
export interface Dropped {
  readonly letter: DeadLetter;
  readonly objects: readonly { readonly key: string; readonly outcome: GivenUp }[];
}

export interface DropResult {
  readonly dropped: readonly Dropped[];
  /** Stay, since they could not be dropped. */
  readonly failed: readonly { readonly letter: DeadLetter; readonly reason: string }[];
}

export interface DropOptions {
  /** Is asked before it happens, while nobody else can take the letters. */
  readonly agreed: (letters: readonly DeadLetter[]) => Promise<boolean>;
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives letters up: moves the raw objects of convert's to where the pipeline ignores them, then deletes the letters. A day
 * has nothing to move.
 * @returns undefined when it was not agreed to
 * @throws {Error} when a selected id is not that of one letter
 */
export function dropLetters(
  deadLetters: DeadLetters,
  raw: RawObjects,
  selection: LetterSelection,
  { agreed, dryRun = false, signal }: DropOptions,
): Promise<DropResult | undefined> {
  return deadLetters.hold({ seconds: holdFor, signal }, async ({ letters, remove }) => {
    const selected = selectLetters(letters, selection);
    if (selected.length > 0 && !dryRun && !(await agreed(selected))) return undefined;
    const dropped: Dropped[] = [];
    const failed: DropResult['failed'][number][] = [];
    // Letters of the same object take turns, or one would find it changed by the other.
    const turns = new Map<string, Promise<GivenUp>>();
    const giveUpInTurn = (key: string, diedAt: Date) => {
      const work = () => giveUp(raw, key, diedAt, { dryRun });
      const turn = turns.get(key)?.then(work, work) ?? work();
      turns.set(key, turn);
      return turn;
    };
    for (const batch of batchesOf(selected)) {
      signal?.throwIfAborted();
      const done = await pMap(
        batch,
        async ({ body, ...letter }) => {
          try {
            const keys = keysIn(body, raw.bucket).filter((key) => !key.startsWith(givenUpPrefix));
            const objects = await pMap(keys, async (key) => ({
              key,
              outcome: await giveUpInTurn(key, letter.sentAt),
            }));
            return [{ letter, objects }];
          } catch (error) {
            failed.push({ letter, reason: error instanceof Error ? error.message : String(error) });
            return [];
          }
        },
        { concurrency: batchSize },
      );
      if (!dryRun) await remove(done.flat().map(({ letter }) => letter));
      dropped.push(...done.flat());
    }
    return { dropped, failed };
  });
}
