import type { BuryingFunction } from '../../shared/dead-letters.ts';
import type { LoggingFunction } from '../../shared/outputs.ts';

export const storedBuckets = ['raw', 'curated', 'compacted'] as const;
export type StoredBucket = (typeof storedBuckets)[number];

/** The parts of the flow that alarms watch. */
export type FlowPart = LoggingFunction | 'raw' | 'convert-queue' | 'compact-queue';

/** What is where at the moment. */
export interface Flow {
  readonly now: string;
  readonly schedules: readonly {
    readonly dataset: string;
    readonly expression: string;
    readonly next: string;
  }[];
  readonly places: number;
  readonly buckets: Readonly<Record<StoredBucket, { readonly objects: number; readonly bytes: number }>>;
  readonly queues: Readonly<
    Record<
      BuryingFunction,
      {
        readonly waiting: number;
        readonly inFlight: number;
        /** Seconds; null when nothing waits. */
        readonly oldestSeconds: number | null;
        readonly dead: number;
      }
    >
  >;
  readonly functions: Readonly<
    Record<
      LoggingFunction,
      {
        readonly isAtWork: boolean;
        readonly invocationsInLastHour: number;
        /** Of the latest invocations; null before the first. */
        readonly averageMilliseconds: number | null;
      }
    >
  >;
  readonly alarms: readonly {
    readonly name: string;
    readonly tile: FlowPart;
    readonly rings: boolean;
    /** What happened, and what to type. */
    readonly description: string;
  }[];
  readonly needs: readonly FlowNeed[];
  /** Whether nothing has landed yet. */
  readonly isEmpty: boolean;
}

/** One sentence, and where it can be done. */
export interface FlowNeed {
  readonly text: string;
  readonly panel: 'letters' | 'calendar' | 'flow';
}
