import type { TableDay } from '../../shared/keys.ts';
import { dayPrefix, tableDayOf } from '../../shared/keys.ts';
import type { Tale } from './tale.ts';

interface TableRows {
  /** The curated object. */
  readonly key: string;
  readonly rows: number;
}

/** Where a raw object is on its way to the tables. */
export class Travel {
  /** Of the raw object. Convert gives one without a day another key. */
  key: string;
  readonly begun: number;
  tale: Tale | undefined;
  /** Whether it was written, as far as anybody knows: one that is still uploaded is not missed. */
  isThere = true;
  tables: readonly TableRows[] | undefined;
  rescued = 0;
  /** Days of tables that lack its rows, by prefix. */
  readonly days = new Map<string, TableDay>();
  /** Why it is not under way any more, when it did not arrive. */
  end: { readonly text: string; readonly isDead: boolean; readonly letterId?: string } | undefined;

  constructor(key: string, begun: number) {
    this.key = key;
    this.begun = begun;
  }

  get isConverted(): boolean {
    return this.tables !== undefined;
  }

  get isOver(): boolean {
    return this.end !== undefined || (this.isConverted && this.days.size === 0);
  }

  /** It is written or sent again. */
  restart(): void {
    this.isThere = true;
    this.tables = undefined;
    this.rescued = 0;
    this.days.clear();
    this.end = undefined;
  }

  converted(tables: readonly TableRows[], rescued: number): void {
    this.tables = tables;
    this.rescued = rescued;
    for (const { key } of tables) {
      const day = tableDayOf(key);
      this.days.set(dayPrefix(day), day);
    }
  }
}
