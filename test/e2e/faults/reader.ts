import { setTimeout as delay } from 'node:timers/promises';
import type { History } from './history.ts';
import { type RowSum, type RowSums, sumOf } from './row-sums.ts';

/** One query of the table, and the moments of the history at which it began and ended. */
interface Look {
  readonly from: number;
  readonly to: number;
  /** The error when it failed. */
  readonly answer: readonly RowSum[] | Error;
}

/** Milliseconds between two queries. */
const pause = 5;

/** Somebody who queries the table all the time. */
export class Reader {
  readonly #looks: Look[] = [];
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;

  /** @param files the pattern of all the table's files */
  constructor(history: History, sums: RowSums, files: string) {
    this.#reading = this.#read(history, sums, files);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }

  /** How many queries were answered. */
  get answered(): number {
    return this.#looks.filter(({ answer }) => !(answer instanceof Error)).length;
  }

  /** Each answer that has of a day what was not in the table while the query ran, and each failure for no reason. */
  async problems(history: History, prefixes: Iterable<string>): Promise<string[]> {
    const problems: string[] = [];
    for (const prefix of prefixes)
      for (const { from, to, answer } of this.#looks) {
        const states = await history.tableSums(prefix, from, to);
        if (answer instanceof Error) {
          // A query may fail while an object is replaced, and does so while there is none.
          if (from === to && states[0] !== '') problems.push(`A query failed for no reason: ${answer}`);
          continue;
        }
        const seen = sumOf(answer.filter(({ filename }) => filename.includes(`/${prefix}`)));
        if (!states.includes(seen))
          problems.push(`${prefix}: a query saw ${seen}, while there was ${states.join(' or ')}`);
      }
    return problems;
  }

  async #read(history: History, sums: RowSums, files: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const from = history.moment;
      const answer = await sums.ofFiles(files).catch((error: Error) => error);
      this.#looks.push({ from, to: history.moment, answer });
      await delay(pause);
    }
  }
}
