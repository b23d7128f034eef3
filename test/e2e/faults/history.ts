import { existsSync, linkSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from '../../stack.ts';
import { type RowSums, sumOf } from './row-sums.ts';

/** The ETags of objects by their keys. */
type Objects = ReadonlyMap<string, string>;

/** What was in curated and in compacted at each moment, by the events of the emulator. */
export class History {
  readonly #sums: RowSums;
  /** Each content that there ever was, by its ETag. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'history-'));
  readonly #known = new Map<string, ReturnType<RowSums['ofFiles']>>();
  #curated: Objects[] = [];
  /** With how many states curated had had by then. */
  #compacted: { readonly objects: Objects; readonly seen: number }[] = [];

  /** @param stack without any objects */
  constructor({ runtime: { emulator } }: Stack, sums: RowSums) {
    this.#sums = sums;
    this.begin();
    emulator.onObjectCreated(({ bucket, key, etag }) => {
      if (bucket === 'raw') return;
      if (!existsSync(this.#fileOf(etag))) linkSync(emulator.pathOf(bucket, key), this.#fileOf(etag));
      this.#change(bucket, (objects) => objects.set(key, etag));
    });
    emulator.onObjectRemoved(({ bucket, key }) => this.#change(bucket, (objects) => objects.delete(key)));
  }

  /** Forgets what was. */
  begin(): void {
    this.#curated = [new Map()];
    this.#compacted = [{ objects: new Map(), seen: 1 }];
  }

  /** How many states compacted has had. */
  get moment(): number {
    return this.#compacted.length;
  }

  /** The sums of a day's rows in the table in each of its states from one moment to another, both included. */
  tableSums(prefix: string, from: number, to: number): Promise<string[]> {
    const states = this.#compacted.slice(from - 1, to).map(({ objects }) => objects);
    return Promise.all(states.map((objects) => this.#sumOf(prefix, objects)));
  }

  /** Each state of each day in the table whose rows are not those of its parts at any moment until then. */
  async mixtures(prefixes: Iterable<string>): Promise<string[]> {
    const problems: string[] = [];
    for (const prefix of prefixes) {
      const made = await Promise.all(this.#curated.map((objects) => this.#sumOf(prefix, objects)));
      const states = await this.tableSums(prefix, 1, this.moment);
      for (const [index, { seen }] of this.#compacted.entries())
        if (!made.slice(0, seen).includes(states[index] ?? ''))
          problems.push(`${prefix}: state ${index} in the table is not what its parts ever were`);
    }
    return problems;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #change(bucket: string, change: (objects: Map<string, string>) => void): void {
    if (bucket === 'raw') return;
    const before = bucket === 'curated' ? this.#curated.at(-1) : this.#compacted.at(-1)?.objects;
    const objects = new Map(before);
    change(objects);
    if (bucket === 'curated') this.#curated.push(objects);
    else this.#compacted.push({ objects, seen: this.#curated.length });
  }

  async #sumOf(prefix: string, objects: Objects): Promise<string> {
    const etags = [...objects].filter(([key]) => key.startsWith(prefix)).map(([, etag]) => etag);
    const rows = await Promise.all(
      etags.map((etag) => {
        const known = this.#known.get(etag) ?? this.#sums.ofFiles(this.#fileOf(etag));
        this.#known.set(etag, known);
        return known;
      }),
    );
    return sumOf(rows.flat());
  }

  #fileOf(etag: string): string {
    return join(this.#folder, `${etag}.parquet`);
  }
}
