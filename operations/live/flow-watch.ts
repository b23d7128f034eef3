import type { Runtime } from '../../local/runtime.ts';
import { datasets } from '../../shared/datasets.ts';
import type { BuryingFunction } from '../../shared/dead-letters.ts';
import { loggingFunctions, schedulesIn } from '../../shared/outputs.ts';
import { counted } from '../counted.ts';
import type { AlarmStatus, Observed } from '../observed.ts';
import { pipelineStatus } from '../status/status.ts';
import { partOf } from './alarm-part.ts';
import { type Flow, type FlowNeed, type StoredBucket, storedBuckets } from './flow.ts';
import { InvocationCount } from './invocation-count.ts';
import type { ScheduleClock } from './schedule-clock.ts';
import { StoredCount } from './stored-count.ts';

export interface FlowWatchOptions {
  readonly runtime: Runtime;
  readonly observed: Observed;
  readonly clock: ScheduleClock;
  readonly now: () => Date;
  readonly places: number;
  /** An alarm's description in the words for this computer. */
  readonly alarmText: (description: string) => string;
}

/** Hours in which a run that is missing needs somebody. */
const lookBack = 24;

/** Counts what is where, as it changes. */
export class FlowWatch {
  readonly #options: FlowWatchOptions;
  readonly #stored: Readonly<Record<StoredBucket, StoredCount>>;
  readonly #functions: Readonly<Record<string, InvocationCount>>;
  #alarms: readonly AlarmStatus[] = [];
  #oldest: Partial<Record<BuryingFunction, Date | undefined>> = {};
  #missing: readonly FlowNeed[] = [];

  constructor(options: FlowWatchOptions) {
    this.#options = options;
    const { emulator } = options.runtime;
    this.#stored = {
      raw: new StoredCount(emulator.sizesIn(this.#bucketName('raw'))),
      curated: new StoredCount(emulator.sizesIn(this.#bucketName('curated'))),
      compacted: new StoredCount(emulator.sizesIn(this.#bucketName('compacted'))),
    };
    this.#functions = Object.fromEntries(loggingFunctions.map((name) => [name, new InvocationCount()]));
  }

  bucketOf(name: string): StoredBucket | undefined {
    return storedBuckets.find((bucket) => this.#bucketName(bucket) === name);
  }

  wrote(bucket: StoredBucket, key: string, bytes: number): void {
    this.#stored[bucket].wrote(key, bytes);
  }

  removed(bucket: StoredBucket, key: string): void {
    this.#stored[bucket].removed(key);
  }

  /** @param name of the function, such as `convert-function` */
  ended(name: string, milliseconds: number): void {
    this.#functions[name.replace('-function', '')]?.ended(this.#options.now(), milliseconds);
  }

  /** What takes longer to find out: the alarms, and the age of what waits. */
  async lookAtAlarms(): Promise<void> {
    const { runtime, observed } = this.#options;
    this.#alarms = await observed.alarms();
    for (const by of ['convert', 'compact'] as const)
      this.#oldest[by] = runtime.emulator.messages(this.#queues[by].url)[0]?.sentAt;
  }

  /** What takes longest: which runs are missing, by listings and logs. */
  async lookAtRuns(): Promise<void> {
    const { observed, now } = this.#options;
    const { needs, datasets: statuses } = await pipelineStatus(observed, datasets, {
      hours: lookBack,
      now: now(),
    });
    this.#missing = needs.flatMap((need): readonly FlowNeed[] => {
      if (need.kind === 'days')
        return [{ text: `${counted(need.days, 'day')} of ${need.dataset} lack places.`, panel: 'calendar' }];
      if (need.kind !== 'run') return [];
      const runs = statuses.find(({ dataset }) => dataset === need.dataset)?.runs ?? [];
      const missing = runs.filter(({ state }) => state === 'missing' || state === 'failed').length;
      const verb = missing === 1 ? 'is' : 'are';
      return [{ text: `${counted(missing, 'run')} of ${need.dataset} ${verb} missing.`, panel: 'calendar' }];
    });
  }

  flow(): Flow {
    const { runtime, observed, clock, now, places } = this.#options;
    const at = now();
    const schedules = [...schedulesIn(observed.outputs)].flatMap(([dataset, { name, expression }]) => {
      const next = clock.next(name);
      return next ? [{ dataset, expression, next: next.toISOString() }] : [];
    });
    const alarms = this.#alarms.map(({ name, description, state }) => ({
      name: name.replace(/^tdf-weather-[^-]+-/, ''),
      tile: partOf(name),
      rings: state === 'ALARM',
      description: this.#options.alarmText(description),
    }));
    const queues = { convert: this.#queue('convert', at), compact: this.#queue('compact', at) };
    const functionCount = (name: string) => ({
      isAtWork: runtime.isAtWork(`${name}-function`),
      invocationsInLastHour: this.#functions[name]?.inLastHour(at) ?? 0,
      averageMilliseconds: this.#functions[name]?.averageMilliseconds ?? null,
    });
    const { raw, curated, compacted } = this.#stored;
    return {
      now: at.toISOString(),
      schedules,
      places,
      buckets: { raw: countOf(raw), curated: countOf(curated), compacted: countOf(compacted) },
      queues,
      functions: {
        fetch: functionCount('fetch'),
        convert: functionCount('convert'),
        compact: functionCount('compact'),
        reconcile: functionCount('reconcile'),
      },
      alarms,
      needs: [...needsOfLetters(queues), ...this.#missing, ...needsOfAlarms(alarms)],
      isEmpty: raw.objects === 0,
    };
  }

  #queue(by: BuryingFunction, at: Date): Flow['queues'][BuryingFunction] {
    const { emulator } = this.#options.runtime;
    const { url, deadUrl } = this.#queues[by];
    const depth = emulator.queueDepth(url);
    const dead = emulator.queueDepth(deadUrl);
    const waiting = depth.visible + depth.delayed;
    const oldest = this.#oldest[by];
    const seconds = oldest ? Math.max(0, (at.getTime() - oldest.getTime()) / 1000) : 0;
    return {
      waiting,
      inFlight: depth.inFlight,
      oldestSeconds: waiting + depth.inFlight > 0 ? Math.round(seconds) : null,
      dead: dead.visible + dead.inFlight,
    };
  }

  get #queues() {
    const { outputs } = this.#options.observed;
    return {
      convert: { url: outputs.QueueUrl, deadUrl: outputs.DeadLetterQueueUrl },
      compact: { url: outputs.CompactQueueUrl, deadUrl: outputs.CompactDeadLetterQueueUrl },
    };
  }

  #bucketName(bucket: StoredBucket): string {
    const { RawBucketName, CuratedBucketName, CompactedBucketName } = this.#options.observed.outputs;
    return { raw: RawBucketName, curated: CuratedBucketName, compacted: CompactedBucketName }[bucket];
  }
}

const countOf = ({ objects, bytes }: StoredCount) => ({ objects, bytes });

function needsOfLetters({ convert, compact }: Flow['queues']): FlowNeed[] {
  const need = (dead: number, noun: string): FlowNeed[] =>
    dead === 0
      ? []
      : [{ text: `${counted(dead, noun)} ${dead === 1 ? 'needs' : 'need'} you.`, panel: 'letters' }];
  return [...need(convert.dead, 'object'), ...need(compact.dead, 'day')];
}

/** What the letters do not say already. */
function needsOfAlarms(alarms: Flow['alarms']): FlowNeed[] {
  return alarms
    .filter(({ name, rings }) => rings && !name.endsWith('DeadLetters'))
    .map(({ description }) => ({ text: `${description.replace(/\.? Next: .*/s, '')}.`, panel: 'flow' }));
}
