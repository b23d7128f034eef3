import { compareBytes, sortedByBytes } from '../../shared/byte-order.ts';

/** Keys in S3's order, so that a page of a listing takes as long in a large bucket as in a small one. */
export class SortedKeys {
  readonly #keys: string[];

  constructor(keys: Iterable<string>) {
    this.#keys = sortedByBytes(keys);
  }

  get size(): number {
    return this.#keys.length;
  }

  add(key: string): void {
    const at = this.#find(key);
    if (this.#keys[at] !== key) this.#keys.splice(at, 0, key);
  }

  remove(key: string): void {
    const at = this.#find(key);
    if (this.#keys[at] === key) this.#keys.splice(at, 1);
  }

  /** Those that begin with the prefix and come after a key. */
  *with(prefix: string, after: string): Generator<string> {
    const start = compareBytes(after, prefix) < 0 ? prefix : after;
    for (let at = this.#find(start); at < this.#keys.length; at++) {
      const key = this.#keys[at] as string;
      if (key === after) continue;
      if (!key.startsWith(prefix)) return;
      yield key;
    }
  }

  /** The place of a key, or the one that it would get. */
  #find(key: string): number {
    let [from, to] = [0, this.#keys.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (compareBytes(this.#keys[middle] as string, key) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
