/** How many objects a bucket holds, and their bytes, kept as they change: nobody lists it. */
export class StoredCount {
  readonly #sizes: Map<string, number>;
  #bytes = 0;

  /** @param sizes by key, as they are now */
  constructor(sizes: ReadonlyMap<string, number>) {
    this.#sizes = new Map(sizes);
    for (const size of sizes.values()) this.#bytes += size;
  }

  get objects(): number {
    return this.#sizes.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  wrote(key: string, size: number): void {
    this.#bytes += size - (this.#sizes.get(key) ?? 0);
    this.#sizes.set(key, size);
  }

  removed(key: string): void {
    this.#bytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
  }
}
