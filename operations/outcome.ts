import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import { type DeadLetter, DeadLetters } from '../shared/dead-letters.ts';
import { headObject } from '../shared/head-object.ts';
import { curatedKeyOf } from '../shared/keys.ts';
import { unquoted } from '../shared/listing.ts';
import { objectMetadata } from '../shared/object-metadata.ts';
import type { Reached } from './deployed.ts';

/** What became of raw objects. */
export interface Outcome {
  /** Keys of the curated objects that were written. */
  readonly converted: readonly string[];
  /** Letters that were not there before. */
  readonly dead: readonly DeadLetter[];
}

/** Milliseconds between two looks on AWS. */
const firstPause = 1000;
const longestPause = 10_000;
/** Objects that are asked for at the same time. */
const concurrency = 16;

/** Watches from now on what becomes of raw objects. */
export async function watchOutcome(deployed: Reached, signal?: AbortSignal): Promise<OutcomeWatch> {
  const before = await deadLettersOf(deployed).list({ signal });
  return new OutcomeWatch(deployed, new Set(before.map(({ id }) => id)));
}

/** The dead-letter queue of a deployment. */
export function deadLettersOf({ sqs, outputs, runtime }: Reached): DeadLetters {
  return new DeadLetters(sqs, outputs.DeadLetterQueueUrl, runtime ? 0 : 1);
}

/** The dead letters that leave convert nothing to do: their raw objects are gone. By id. */
export async function lettersWithoutObject(deployed: Reached): Promise<ReadonlySet<string>> {
  const { s3, outputs } = deployed;
  const letters = await deadLettersOf(deployed).list();
  const isGone = async ({ key }: DeadLetter) =>
    key !== null && (await headObject(s3, outputs.RawBucketName, key)) === undefined;
  const gone = await pMap(letters, isGone, { concurrency });
  return new Set(letters.filter((_, index) => gone[index]).map(({ id }) => id));
}

export class OutcomeWatch {
  readonly #deployed: Reached;
  readonly #deadBefore: ReadonlySet<string>;
  readonly #converted = new Set<string>();
  /** Called for each curated object, with its key. */
  onConverted: (curatedKey: string) => void = () => {};

  constructor(deployed: Reached, deadBefore: ReadonlySet<string>) {
    this.#deployed = deployed;
    this.#deadBefore = deadBefore;
    const { runtime, outputs } = deployed;
    runtime?.emulator.onObjectCreated(({ bucket, key }) => {
      if (bucket === outputs.CuratedBucketName) this.#add(key);
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
      converted: [...this.#converted].sort(),
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
      for (const key of made) if (key) this.#add(key);
      const outcome = await this.soFar(signal);
      const dead = new Set(outcome.dead.map(({ key }) => key));
      pending = pending.filter((key, index) => made[index] === null && !dead.has(key));
      if (pending.length === 0) return outcome;
      await delay(pause, undefined, { signal });
    }
  }

  #add(curated: string): void {
    if (this.#converted.has(curated)) return;
    this.#converted.add(curated);
    this.onConverted(curated);
  }

  /** The curated object, null until it is made of the raw object as that is now; undefined when that is gone. */
  async #curatedOf(rawKey: string): Promise<string | null | undefined> {
    const { s3, outputs } = this.#deployed;
    const raw = await headObject(s3, outputs.RawBucketName, rawKey);
    if (raw?.ETag === undefined) return undefined;
    const key = curatedKeyOf(rawKey);
    if (key === undefined) return null;
    const curated = await headObject(s3, outputs.CuratedBucketName, key);
    return curated?.Metadata?.[objectMetadata.rawEtag] === unquoted(raw.ETag) ? key : null;
  }
}
