import { type DeadLetters, keysIn } from '../../shared/dead-letters.ts';
import { limits } from './limits.ts';

/** What waits in the dead-letter queues. */
export interface Dead {
  /** Of raw objects. */
  readonly keys: ReadonlySet<string>;
  /** Prefixes of the days that compact gave up. */
  readonly days: ReadonlySet<string>;
  /** False when there may be more letters than were looked at. */
  readonly complete: boolean;
}

export function deadIn(deadLetters: DeadLetters, limit: number = limits.deadLetters): Promise<Dead> {
  return deadLetters.hold({ seconds: limits.deadLetterHidden / 1000, limit }, async ({ letters }) => {
    const { convert = [], compact = [] } = Object.groupBy(letters, (letter) => letter.function);
    return {
      keys: new Set(convert.flatMap(({ body }) => keysIn(body))),
      days: new Set(compact.flatMap(({ key }) => key ?? [])),
      complete: convert.length < limit && compact.length < limit,
    };
  });
}
