import type { References } from '../references.ts';
import { type Alarm, parseAlarm } from './alarm.ts';
import { type AlarmReport, evaluate } from './evaluate.ts';
import { dataPointsIn, MetricStore, metricsLine } from './metrics.ts';

/** A queue as it is now. */
export interface QueueSample {
  readonly name: string;
  readonly visible: number;
  /** When its oldest message was sent; undefined when it is empty. */
  readonly oldest: Date | undefined;
}

interface AlarmWatchOptions {
  /** When the pipeline started. @default now */
  readonly since?: Date;
  /** Keeps what Lambda itself counts of a function, as a log line that `onLog` takes again. */
  readonly record?: (functionName: string, line: string) => void;
}

/** Counts what CloudWatch would count, and says which alarms would ring. */
export class AlarmWatch {
  readonly #alarms: readonly Alarm[];
  readonly #since: Date;
  readonly #record: AlarmWatchOptions['record'];
  readonly #store = new MetricStore();

  /**
   * @param alarms properties of the template's alarms
   * @throws {Error} when an alarm has what the local runtime does not know
   */
  constructor(
    alarms: readonly Readonly<Record<string, unknown>>[],
    references: References,
    { since = new Date(), record }: AlarmWatchOptions = {},
  ) {
    this.#alarms = alarms.map((properties) => parseAlarm(properties, references));
    this.#since = since;
    this.#record = record;
  }

  /** A line that a function printed. */
  onLog(line: string): void {
    for (const point of dataPointsIn(line)) this.#store.add(point);
  }

  onInvocation(FunctionName: string, ok: boolean, at = new Date()): void {
    this.#countLambda(FunctionName, at, { Invocations: 1, Errors: ok ? 0 : 1 });
  }

  /** An asynchronous event of which every try failed. */
  onDropped(FunctionName: string, at = new Date()): void {
    this.#countLambda(FunctionName, at, { AsyncEventsDropped: 1 });
  }

  /** Every alarm, in the order of the template. */
  evaluate(queues: readonly QueueSample[], now = new Date()): AlarmReport[] {
    for (const { name, visible, oldest } of queues) {
      this.#count('AWS/SQS', { QueueName: name }, now, {
        ApproximateNumberOfMessagesVisible: visible,
        ApproximateAgeOfOldestMessage: oldest ? (now.getTime() - oldest.getTime()) / 1000 : 0,
      });
    }
    return this.#alarms.map((alarm) => evaluate(alarm, this.#store, now, this.#since));
  }

  #countLambda(FunctionName: string, at: Date, values: Record<string, number>): void {
    this.#count('AWS/Lambda', { FunctionName }, at, values);
    this.#record?.(FunctionName, metricsLine('AWS/Lambda', { FunctionName }, at, values));
  }

  /** What AWS itself counts. */
  #count(
    namespace: string,
    dimensions: Record<string, string>,
    at: Date,
    values: Record<string, number>,
  ): void {
    for (const [name, value] of Object.entries(values))
      this.#store.add({ namespace, name, dimensions, values: [value], timestamp: at.getTime() });
  }
}
