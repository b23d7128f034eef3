import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import { datasets } from '../shared/datasets.ts';
import type { DeadLetter } from '../shared/dead-letters.ts';
import { headObject } from '../shared/head-object.ts';
import { curatedKeysOf } from '../shared/keys.ts';
import { unquoted } from '../shared/listing.ts';
import { objectMetadata } from '../shared/object-metadata.ts';
import { deadLettersOf } from './dead-letters/dead-letters-of.ts';
import type { Reached } from './deployed.ts';

/** What became of raw objects. */
export interface Outcome {
  /** Of each raw object that was converted, the keys of its curated objects: one per table. */
  readonly converted: readonly (readonly string[])[];
  /** Letters that were not there before. */
  readonly dead: readonly DeadLetter[];
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
  /** Called for each raw object that is converted, with the keys of its curated objects. */
  onConverted: (curatedKeys: readonly string[]) => void = () => {};

  constructor(deployed: Reached, deadBefore: ReadonlySet<string>) {
    this.#deployed = deployed;
    this.#deadBefore = deadBefore;
    const { runtime, outputs } = deployed;
    runtime?.emulator.onObjectCreated(({ bucket, key }) => {
      if (bucket !== outputs.CuratedBucketName) return;
      this.#written.add(key);
      const keys = siblingsOf(key);
      if (keys?.every((each) => this.#written.has(each))) this.#add(keys);
    });
  }

  /** Messages in the local queue that are not worked off yet. */
  get waiting(): number {
    const { runtime, outputs } = this.#deployed;
    if (!runtime) return 0;
    const { visible, inFlight, delayed } = runtime.emulator.queueDepth(outputs.QueueUrl);
    return visible + inFlight + delayed;
  }

  /** What is known so far. */
  async soFar(signal?: AbortSignal): Promise<Outcome> {
    const letters = await deadLettersOf(this.#deployed).list({ signal });
    return {
      converted: [...this.#converted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, keys]) => keys),
      dead: letters.filter(({ id }) => !this.#deadBefore.has(id)),
    };
  }

  /**
   * Waits until the local pipeline has worked off its queue, or, on AWS, until it is known of each of these raw objects
   * what became of it. As long as it takes: somebody watches, and can stop it.
   * @throws the signal's reason; what is left stays in the queue
   */
  async settled(rawKeys: readonly string[], signal: AbortSignal): Promise<Outcome> {
    const { runtime } = this.#deployed;
    if (runtime) {
      await runtime.settled({ timeout: Number.POSITIVE_INFINITY, signal });
      return this.soFar(signal);
    }
    let pending = rawKeys;
    for (let pause = firstPause; ; pause = Math.min(pause * 1.5, longestPause)) {
      const made = await pMap(pending, (key) => this.#curatedOf(key), { concurrency, signal });
      for (const keys of made) if (keys) this.#add(keys);
      const outcome = await this.soFar(signal);
      const dead = new Set(outcome.dead.map(({ key }) => key));
      pending = pending.filter((key, index) => made[index] === null && !dead.has(key));
      if (pending.length === 0) return outcome;
      await delay(pause, undefined, { signal });
    }
  }

  #add(keys: readonly string[]): void {
    const [first = ''] = keys;
    if (this.#converted.has(first)) return;
    this.#converted.set(first, keys);
    this.onConverted(keys);
  }

  /** The curated objects, null until all are made of the raw object as that is now; undefined when that is gone. */
  async #curatedOf(rawKey: string): Promise<readonly string[] | null | undefined> {
    const { s3, outputs } = this.#deployed;
    const raw = await headObject(s3, outputs.RawBucketName, rawKey);
    if (raw?.ETag === undefined) return undefined;
    const etag = unquoted(raw.ETag);
    const keys = curatedKeysOf(rawKey);
    const curated = await pMap(keys, (key) => headObject(s3, outputs.CuratedBucketName, key));
    const isMade = curated.every((each) => each?.Metadata?.[objectMetadata.rawEtag] === etag);
    return keys.length > 0 && isMade ? keys : null;
  }
}

/** The curated objects of the same raw object, one per table; undefined for a key that convert does not write. */
function siblingsOf(curatedKey: string): readonly string[] | undefined {
  for (const { tables } of datasets) {
    const table = tables.find(({ name }) => curatedKey.startsWith(`${name}/`));
    if (table) return tables.map(({ name }) => name + curatedKey.slice(table.name.length));
  }
  return undefined;
}
