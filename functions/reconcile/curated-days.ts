import type { Dataset } from '../../shared/dataset.ts';
import { curatedKey, type Day, isDay, type ParsedKey } from '../../shared/keys.ts';
import type { ListedObject } from '../../shared/listing.ts';

/** Stands for the day that is not known: no raw key can be in this folder. */
const noDay = '0000-00-00';

/**
 * A dataset's curated objects, a day at a time, beside the listing of raw: both ascend by day, so that no more than one
 * day is held. What no dated raw object asked for may belong to an undated one, whose day is in its content: such are
 * kept by name until the end.
 */
export class CuratedDays {
  readonly #prefix: string;
  readonly #objects: AsyncIterator<ListedObject>;
  #next: Promise<IteratorResult<ListedObject>> | undefined;
  #day: Day | undefined;
  #ofDay = new Map<string, Date>();
  readonly #undated = new Map<string, Date>();

  constructor({ name }: Dataset, objects: AsyncIterator<ListedObject>) {
    this.#prefix = `${name}/dt=`;
    this.#objects = objects;
  }

  /** When the curated object of a dated raw key was written; undefined when there is none. Days must ascend. */
  async writtenAt(rawKey: ParsedKey & { readonly day: Day }): Promise<Date | undefined> {
    if (rawKey.day !== this.#day) await this.#advance(rawKey.day);
    const key = curatedKey(rawKey);
    const writtenAt = this.#ofDay.get(key);
    this.#ofDay.delete(key);
    return writtenAt;
  }

  /** When the newest curated object of an undated raw key was written, on whatever day. Only after all dated ones. */
  async writtenUndated(rawKey: ParsedKey): Promise<Date | undefined> {
    await this.#advance(undefined);
    return this.#undated.get(fileOf(curatedKey({ ...rawKey, day: noDay })));
  }

  /** Reads up to the end of a day; without one, up to the end. */
  async #advance(day: Day | undefined): Promise<void> {
    for (const [key, writtenAt] of this.#ofDay) this.#keepUndated(key, writtenAt);
    this.#ofDay = new Map();
    this.#day = day;
    for (;;) {
      this.#next ??= this.#objects.next();
      const { done, value } = await this.#next;
      if (done) return;
      const at = this.#dayOf(value.key);
      if (at !== undefined && day !== undefined && at > day) return;
      this.#next = undefined;
      if (at === undefined) continue;
      if (at === day) this.#ofDay.set(value.key, value.lastModified);
      else this.#keepUndated(value.key, value.lastModified);
    }
  }

  #keepUndated(key: string, writtenAt: Date): void {
    const file = fileOf(key);
    // Others mirror a dated raw key, and so cannot be an undated one's.
    if (!/\.[0-9a-f]{12}\.parquet$/.test(file)) return;
    const known = this.#undated.get(file);
    if (!known || known < writtenAt) this.#undated.set(file, writtenAt);
  }

  #dayOf(key: string): Day | undefined {
    const day = key.slice(this.#prefix.length, this.#prefix.length + noDay.length);
    return key.startsWith(this.#prefix) && isDay(day) ? day : undefined;
  }
}

function fileOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
