import { parseAlarm } from './alarm-properties.ts';
import { dataPointsIn, metricsLine } from './emf.ts';
import { type AlarmReport, type AlarmState, evaluate } from './evaluate.ts';
import { MetricStore } from './metric-store.ts';

/** A queue as it is now. */
export interface QueueSample {
  readonly name: string;
  readonly visible: number;
  /** When its oldest message was sent; undefined when it is empty. */
  readonly oldest: Date | undefined;
}

export interface AlarmWatchOptions {
  /** Properties of the template's alarms. */
  readonly alarms: readonly Readonly<Record<string, unknown>>[];
  /** Works out their references. */
  readonly resolve: <T>(value: unknown) => T;
  /** Looks at every queue. */
  readonly queues: () => readonly QueueSample[];
  /** Keeps what Lambda itself counts of a function, as a log line that `onLog` takes again. */
  readonly record?: (functionName: string, line: string) => void;
  /** When the pipeline started. @default now */
  readonly since?: Date;
}

/** Counts what CloudWatch would count, and says which alarms would ring. */
export interface AlarmWatch {
  /** A line that a function printed. */
  onLog(line: string): void;
  onInvocation(functionName: string, ok: boolean, at?: Date): void;
  /** An asynchronous event of which no try went well. */
  onDropped(functionName: string, at?: Date): void;
  /** Every alarm, in the order of the template. Looks at the queues first. */
  evaluate(now?: Date): AlarmReport[];
}

/** @throws {Error} when an alarm of the template has what the local runtime does not know */
export function createAlarmWatch(options: AlarmWatchOptions): AlarmWatch {
  const { resolve, queues, since = new Date() } = options;
  const alarms = options.alarms.map((properties) => parseAlarm(properties, resolve));
  const store = new MetricStore();
  const states = new Map<string, AlarmState>();

  /** What AWS itself counts. */
  const count = (
    namespace: string,
    dimensions: Record<string, string>,
    at: Date,
    values: Record<string, number>,
  ) => {
    for (const [name, value] of Object.entries(values))
      store.add({ namespace, name, dimensions, values: [value], timestamp: at.getTime() });
  };

  const countLambda = (FunctionName: string, values: Record<string, number>, at = new Date()) => {
    count('AWS/Lambda', { FunctionName }, at, values);
    options.record?.(FunctionName, metricsLine('AWS/Lambda', { FunctionName }, at, values));
  };

  return {
    onLog(line) {
      for (const point of dataPointsIn(line)) store.add(point);
    },
    onInvocation(functionName, ok, at) {
      countLambda(functionName, { Invocations: 1, Errors: ok ? 0 : 1 }, at);
    },
    onDropped(functionName, at) {
      countLambda(functionName, { AsyncEventsDropped: 1 }, at);
    },
    evaluate(now = new Date()) {
      for (const { name, visible, oldest } of queues()) {
        count('AWS/SQS', { QueueName: name }, now, {
          ApproximateNumberOfMessagesVisible: visible,
          ApproximateAgeOfOldestMessage: oldest ? (now.getTime() - oldest.getTime()) / 1000 : 0,
        });
      }
      return alarms.map((alarm) => {
        const report = evaluate(alarm, store, { now, since, previous: states.get(alarm.name) });
        states.set(alarm.name, report.state);
        return report;
      });
    },
  };
}
