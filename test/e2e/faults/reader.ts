import { setTimeout as delay } from 'node:timers/promises';
import type { History } from './history.ts';
import { type RowSum, type RowSums, sumOf } from './row-sums.ts';

/** One query of the table, and the moments of the history at which it began and ended. */
interface Look {
  readonly from: number;
  readonly to: number;
  /** Undefined when it failed. */
  readonly rows: readonly RowSum[] | undefined;
  readonly error?: string;
}

/** Milliseconds between two queries. */
const pause = 10;

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
    return this.#looks.filter(({ rows }) => rows).length;
  }

  /** Each answer that has of a day what was not in the table while the query ran, and each failure for no reason. */
  async problems(history: History, prefixes: Iterable<string>): Promise<string[]> {
    const problems: string[] = [];
    for (const prefix of prefixes)
      for (const { from, to, rows, error } of this.#looks) {
        const states = await history.tableSums(prefix, from, to);
        // A query may fail while an object is replaced, and does so while there is none.
        if (!rows && from === to && states[0] !== '') problems.push(`A query failed for no reason: ${error}`);
        const seen = rows && sumOf(rows.filter(({ filename }) => filename.includes(`/${prefix}`)));
        if (seen !== undefined && !states.includes(seen))
          problems.push(`${prefix}: a query saw ${seen}, while there was ${states.join(' or ')}`);
      }
    return problems;
  }

  async #read(history: History, sums: RowSums, files: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const from = history.moment;
      const answer = await sums.ofFiles(files).then(
        (rows) => ({ rows }),
        (error: unknown) => ({ rows: undefined, error: String(error) }),
      );
      this.#looks.push({ from, to: history.moment, ...answer });
      await delay(pause);
    }
  }
}
