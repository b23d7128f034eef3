import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import { datasets } from '../shared/datasets.ts';
import type { BuryingFunction, DeadLetter } from '../shared/dead-letters.ts';
import { headObject } from '../shared/head-object.ts';
import { compactedKey, dayPrefix, parsedDay, tableDayOf } from '../shared/keys.ts';
import { compactedOf, curatedOf } from './current.ts';
import { deadLettersOf } from './dead-letters/dead-letters-of.ts';
import type { Reached } from './deployed.ts';

/** What became of raw objects, and of the days that they are in. */
export interface Outcome {
  /** Of each raw object that was converted, the keys of its curated objects: one per table. */
  readonly converted: readonly (readonly string[])[];
  /** Keys of the compacted objects, one per table and day, that have the rows by now. */
  readonly compacted: readonly string[];
  /** Letters of both functions that were not there before. */
  readonly dead: readonly DeadLetter[];
}

/** What was sent, and is waited for. */
export interface Sent {
  readonly rawKeys: readonly string[];
  /** Prefixes of the days that were sent themselves. */
  readonly days?: readonly string[];
}

/** Milliseconds between two looks on AWS. */
const firstPause = 1000;
const longestPause = 10_000;
/** Concurrent requests. */
const concurrency = 16;

/** Watches from now on what becomes of raw objects. */
export async function watchOutcome(deployed: Reached, signal?: AbortSignal): Promise<OutcomeWatch> {
  const before = await deadLettersOf(deployed).list({ signal });
  return new OutcomeWatch(deployed, new Set(before.map(({ id }) => id)));
}

export class OutcomeWatch {
  readonly #deployed: Reached;
  readonly #deadBefore: ReadonlySet<string>;
  readonly #written = new Set<string>();
  /** By the first of their keys. */
  readonly #converted = new Map<string, readonly string[]>();
  readonly #compacted = new Set<string>();
  /** Called for each raw object that is converted, with the keys of its curated objects. */
  onConverted: (curatedKeys: readonly string[]) => void = () => {};
  /** Called once the objects are converted, now and then, with how many days are not compacted yet. */
  onDays: (days: number) => void = () => {};

  constructor(deployed: Reached, deadBefore: ReadonlySet<string>) {
    this.#deployed = deployed;
    this.#deadBefore = deadBefore;
    const { runtime, outputs } = deployed;
    runtime?.emulator.onObjectCreated(({ bucket, key }) => {
      if (bucket === outputs.CompactedBucketName) {
        this.#compacted.add(key);
        const { convert, compact } = this.waiting;
        if (convert === 0) this.onDays(compact);
      }
      if (bucket !== outputs.CuratedBucketName) return;
      this.#written.add(key);
      const keys = siblingsOf(key);
      if (keys?.every((each) => this.#written.has(each))) this.#add(keys);
    });
  }

  /** Messages in the local queues that are not worked off yet. */
  get waiting(): Readonly<Record<BuryingFunction, number>> {
    const { runtime, outputs } = this.#deployed;
    const messagesIn = (url: string) => {
      if (!runtime) return 0;
      const { visible, inFlight, delayed } = runtime.emulator.queueDepth(url);
      return visible + inFlight + delayed;
    };
    return { convert: messagesIn(outputs.QueueUrl), compact: messagesIn(outputs.CompactQueueUrl) };
  }

  /** What is known so far. */
  async soFar(signal?: AbortSignal): Promise<Outcome> {
    const letters = await deadLettersOf(this.#deployed).list({ signal });
    const fresh = letters.filter(({ id }) => !this.#deadBefore.has(id));
    // Another message may have had the day made since: then it is not dead.
    const days = new Set(fresh.flatMap(({ function: by, key }) => (by === 'compact' ? (key ?? []) : [])));
    const made = new Set<string | null>();
    const look = async (prefix: string) => {
      if ((await this.#madeOf(prefix)) !== null) made.add(prefix);
    };
    await pMap(days, look, { concurrency, signal });
    const dead = fresh.filter(({ function: by, key }) => by === 'convert' || !made.has(key));
    const deadDays = new Set(dead.map(({ key }) => key));
    return {
      converted: [...this.#converted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, keys]) => keys),
      compacted: [...this.#compacted].filter((key) => !deadDays.has(dayPrefix(tableDayOf(key)))).sort(),
      dead,
    };
  }

  /**
   * Waits until the rows are in the tables: until the local pipeline has worked off its queues, or, on AWS, until it is
   * known of each of these raw objects, and then of each of their days, what became of it. As long as it takes: somebody
   * watches, and can stop it.
   * @throws the signal's reason; what is left stays in the queues
   */
  async settled({ rawKeys, days = [] }: Sent, signal: AbortSignal): Promise<Outcome> {
    const { runtime } = this.#deployed;
    if (runtime) {
      await runtime.settled({ timeout: Number.POSITIVE_INFINITY, signal });
      // A day that was made of these parts already is not written again.
      for (const key of [...this.#converted.values()].flat())
        this.#compacted.add(compactedKey(tableDayOf(key)));
      await this.#lookAtDays({ rawKeys: new Set(), days: new Set(days) }, signal);
      return this.soFar(signal);
    }
    const pending = { rawKeys: new Set(rawKeys), days: new Set(days) };
    for (let pause = firstPause; ; pause = Math.min(pause * 1.5, longestPause)) {
      await this.#lookAtObjects(pending, signal);
      // An object that is converted later would change its day once more.
      if (pending.rawKeys.size === 0) await this.#lookAtDays(pending, signal);
      const outcome = await this.soFar(signal);
      for (const { key } of outcome.dead) for (const keys of Object.values(pending)) keys.delete(key ?? '');
      if (pending.rawKeys.size + pending.days.size === 0) return outcome;
      await delay(pause, undefined, { signal });
    }
  }

  async #lookAtObjects(pending: Pending, signal: AbortSignal): Promise<void> {
    const look = async (key: string) => {
      const made = await curatedOf(this.#deployed, key);
      if (made === null) return;
      pending.rawKeys.delete(key);
      if (made) this.#add(made);
      for (const each of made ?? []) pending.days.add(dayPrefix(tableDayOf(each)));
    };
    await pMap(pending.rawKeys, look, { concurrency, signal });
  }

  async #lookAtDays({ days }: Pending, signal: AbortSignal): Promise<void> {
    const look = async (prefix: string) => {
      const made = await this.#madeOf(prefix);
      if (made === null) return;
      days.delete(prefix);
      if (made !== undefined) this.#compacted.add(made);
    };
    await pMap(days, look, { concurrency, signal });
    this.onDays(days.size);
  }

  /** As `compactedOf`. A letter may name something else than a day of a table: it dies again, unless the object is gone. */
  async #madeOf(prefix: string): Promise<string | null | undefined> {
    const day = parsedDay(prefix);
    if (day) return compactedOf(this.#deployed, day);
    const { s3, outputs } = this.#deployed;
    return (await headObject(s3, outputs.CuratedBucketName, prefix)) ? null : undefined;
  }

  #add(keys: readonly string[]): void {
    const [first = ''] = keys;
    if (this.#converted.has(first)) return;
    this.#converted.set(first, keys);
    this.onConverted(keys);
  }
}

/** What is not known yet: raw keys, and prefixes of days. */
interface Pending {
  readonly rawKeys: Set<string>;
  readonly days: Set<string>;
}

/** The curated objects of the same raw object, one per table; undefined for a key that convert does not write. */
function siblingsOf(curatedKey: string): readonly string[] | undefined {
  for (const { tables } of datasets) {
    const table = tables.find(({ name }) => curatedKey.startsWith(`${name}/`));
    if (table) return tables.map(({ name }) => name + curatedKey.slice(table.name.length));
  }
  return undefined;
}
