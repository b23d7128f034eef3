import type { Table } from '../../shared/dataset.ts';
import { curatedKey, type DatedKey, type Day } from '../../shared/keys.ts';
import type { ListedObject } from '../../shared/listing.ts';
import { dayIn } from './table-days.ts';

/** A table's curated objects, read day by day beside the listing of raw. Holds one day in memory. */
export class CuratedDays {
  readonly #table: Table;
  readonly #objects: AsyncIterator<ListedObject>;
  readonly #onOrphan: (object: ListedObject) => void;
  #next: Promise<IteratorResult<ListedObject>> | undefined;
  #day: Day | undefined;
  #ofDay = new Map<string, ListedObject>();

  constructor(table: Table, objects: AsyncIterator<ListedObject>, onOrphan: (object: ListedObject) => void) {
    this.#table = table;
    this.#objects = objects;
    this.#onOrphan = onOrphan;
  }

  /** Call it with ascending days. */
  async objectOf(parsed: DatedKey): Promise<ListedObject | undefined> {
    if (parsed.day !== this.#day) await this.#advance(parsed.day);
    const key = curatedKey(parsed, this.#table);
    const object = this.#ofDay.get(key);
    this.#ofDay.delete(key);
    return object;
  }

  /** Call it when there are no more raw objects. */
  end(): Promise<void> {
    return this.#advance(undefined);
  }

  async #advance(day: Day | undefined): Promise<void> {
    for (const object of this.#ofDay.values()) this.#onOrphan(object);
    this.#ofDay = new Map();
    this.#day = day;
    for (;;) {
      this.#next ??= this.#objects.next();
      const { done, value } = await this.#next;
      if (done) return;
      const at = dayIn(this.#table, value.key);
      if (at !== undefined && day !== undefined && at > day) return;
      this.#next = undefined;
      if (at === undefined) continue; // Not written by convert.
      if (at === day) this.#ofDay.set(value.key, value);
      else this.#onOrphan(value);
    }
  }
}
