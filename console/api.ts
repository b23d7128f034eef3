/**
 * What the page and its server say to each other: JSON over loopback. Instants are ISO 8601 in UTC, sizes are bytes, times
 * are milliseconds unless a name says otherwise. Every request that changes something carries the header `x-console-token`,
 * which the page finds in its own document.
 */
import type { BuryingFunction } from '../shared/dead-letters.ts';

/** The parts of the flow, in the order in which the data flows. */
export const tileNames = [
  'scheduler',
  'fetch',
  'raw',
  'convert-queue',
  'convert',
  'curated',
  'compact-queue',
  'compact',
  'table',
] as const;
export type TileName = (typeof tileNames)[number] | 'secret' | 'reconcile';

export interface Alarm {
  readonly name: string;
  /** The part of the flow that it watches. */
  readonly tile: TileName;
  readonly rings: boolean;
  /** What happened, and what to type. */
  readonly description: string;
}

export interface BucketCount {
  readonly objects: number;
  readonly bytes: number;
}

export interface QueueCount {
  readonly waiting: number;
  readonly inFlight: number;
  /** Seconds; null when nothing waits. */
  readonly oldestSeconds: number | null;
  readonly dead: number;
}

export interface FunctionCount {
  readonly isAtWork: boolean;
  readonly invocationsInLastHour: number;
  /** Of the latest invocations; null before the first. */
  readonly averageMilliseconds: number | null;
}

/** GET /api/flow, and the event `flow`. */
export interface Flow {
  readonly now: string;
  readonly schedules: readonly {
    readonly dataset: string;
    readonly expression: string;
    readonly next: string;
  }[];
  readonly places: number;
  readonly buckets: Readonly<Record<'raw' | 'curated' | 'compacted', BucketCount>>;
  readonly queues: Readonly<Record<BuryingFunction, QueueCount>>;
  readonly functions: Readonly<Record<'fetch' | 'convert' | 'compact' | 'reconcile', FunctionCount>>;
  readonly alarms: readonly Alarm[];
  /** One sentence for each thing that needs somebody, and the panel where it can be done; empty when all is well. */
  readonly needs: readonly { readonly text: string; readonly panel: 'letters' | 'calendar' | 'flow' }[];
  /** Whether nothing has landed yet. */
  readonly isEmpty: boolean;
}

/** GET /api/events: server-sent events, each with one of these as its data. */
export type ConsoleEvent =
  | { readonly type: 'flow'; readonly flow: Flow }
  /** An object was written or removed: a token travels. */
  | {
      readonly type: 'object';
      readonly bucket: 'raw' | 'curated' | 'compacted';
      readonly key: string;
      readonly isRemoved: boolean;
    }
  | { readonly type: 'activity'; readonly entry: Activity }
  /** What a panel shows may have changed: it asks again. */
  | { readonly type: 'changed'; readonly panel: 'letters' | 'calendar' | 'rows' }
  | { readonly type: 'reloaded'; readonly functions: readonly string[]; readonly milliseconds: number }
  | { readonly type: 'reload-failed'; readonly reason: string }
  | { readonly type: 'breaking'; readonly progress: Breaking };

/** A run, a dropped file, or a command of the page, told step by step. GET /api/activity: the newest 50, newest first. */
export interface Activity {
  readonly id: string;
  readonly title: string;
  readonly at: string;
  readonly steps: readonly ActivityStep[];
}

export interface ActivityStep {
  readonly at: string;
  readonly text: string;
  /** `waiting`: it will go on. `done`: a step. `good` and `bad` end an entry. */
  readonly state: 'waiting' | 'done' | 'good' | 'bad';
  /** A query that shows its rows, or the letter that says why. */
  readonly sql?: string;
  readonly letterId?: string;
}

/** GET /api/calendar?dataset=NAME&view=hours|year&until=DAY */
export interface Calendar {
  readonly dataset: string;
  readonly view: 'hours' | 'year';
  /** Oldest first: an hour of a day, or a day. */
  readonly cells: readonly CalendarCell[];
  /** What the button beside the title does for all that is missing; null when nothing is. */
  readonly action: CellAction | null;
}

export const cellStates = [
  'compacted',
  'converted',
  'landed',
  'skipped',
  'missing',
  'failed',
  'dead',
  'due',
  'none',
] as const;

export interface CalendarCell {
  /** When it begins. */
  readonly at: string;
  readonly state: (typeof cellStates)[number];
  /** One sentence; null when all is well. */
  readonly reason: string | null;
  /** In the first table of the dataset. */
  readonly rows: number | null;
  readonly rawKey: string | null;
  readonly action: CellAction | null;
}

/** POST /api/actions with one of these. Answers 202 with `{ activityId }`. */
export type CellAction =
  | { readonly kind: 'run'; readonly dataset: string; readonly at: string }
  | { readonly kind: 'backfill'; readonly dataset: string; readonly from: string; readonly to: string }
  | { readonly kind: 'redrive'; readonly ids: readonly string[] }
  | { readonly kind: 'give-up'; readonly ids: readonly string[] }
  | { readonly kind: 'take-back'; readonly keys: readonly string[] }
  | { readonly kind: 'replay'; readonly dataset: string; readonly from: string; readonly to: string }
  | { readonly kind: 'reconcile' };

/** GET /api/columns: what can be drawn. */
export interface ChartColumn {
  readonly column: string;
  readonly meaning: string;
  readonly unit: string | null;
}

/** GET /api/chart?column=NAME&from=INSTANT&to=INSTANT */
export interface Chart {
  readonly column: string;
  readonly unit: string | null;
  readonly now: string;
  /** That have values: a few of many are shown. */
  readonly places: number;
  readonly series: readonly {
    readonly place: string;
    readonly kind: 'observed' | 'forecast';
    /** Milliseconds since 1970, and the value; null where a value is missing: the line has a gap. */
    readonly points: readonly (readonly [number, number | null])[];
  }[];
}

/** GET /api/queries: named queries in the words of this engine. */
export interface NamedSql {
  readonly name: string;
  readonly description: string;
  readonly sql: string;
}

/**
 * POST /api/query `{ sql }`. Answers lines of JSON: first {@link QueryHead}, then a list of cells for each row, last
 * {@link QueryTail}. GET /api/query.csv?sql=… downloads all rows.
 */
export interface QueryHead {
  readonly columns: readonly {
    readonly name: string;
    readonly unit: string | null;
    readonly isNumeric: boolean;
  }[];
}
export type QueryTail =
  | { readonly rows: number; readonly isCut: boolean; readonly milliseconds: number }
  | { readonly error: string };
/** Rows that the page gets at most. */
export const shownRows = 1000;

/** GET /api/record?key=RAW_KEY&place=NAME&at=INSTANT: the line of a raw object that a row came from. */
export interface RawRecord {
  readonly key: string;
  /** From 1. */
  readonly line: number;
  readonly lines: number;
  /** 64 KB at most. */
  readonly text: string;
}

/** GET /api/letters */
export interface Letters {
  readonly letters: readonly Letter[];
  /** Keys of raw objects that were given up: they can be taken back. */
  readonly givenUp: readonly string[];
}

export interface Letter {
  readonly id: string;
  readonly function: BuryingFunction;
  readonly code: string;
  readonly reason: string;
  readonly key: string | null;
  readonly sentAt: string;
  readonly tries: number | null;
}

/** GET /api/letters/ID */
export interface LetterDetail {
  readonly letter: Letter;
  /** The bytes around the fault as text; null when there is nothing to show. */
  readonly excerpt: {
    readonly text: string;
    readonly line: number;
    readonly mark: readonly [from: number, to: number];
  } | null;
  /** The whole object, when it is text of 1 MB at most: it can be edited. */
  readonly content: { readonly text: string; readonly etag: string } | null;
}

/** POST /api/letters/ID/judge `{ text }`: would convert take it? */
export interface Judgement {
  readonly rows: number | null;
  /** Null when it would be converted. */
  readonly reason: string | null;
  readonly mark: readonly [from: number, to: number] | null;
}
/** POST /api/letters/ID/edit `{ text, etag }`: puts a new version of the raw object, redrives the letter. 202 `{ activityId }`. */

/** PUT /api/files?name=NAME with the file as its body: drops it. 202 `{ activityId }`. */

/** GET /api/faults: the kinds. POST /api/break `{ seed, kind? }`: 202. */
export interface Breaking {
  readonly seed: number;
  readonly kind: string | null;
  readonly done: number;
  readonly of: number;
  /** The faults that were hit, and how often. */
  readonly faults: readonly { readonly kind: string; readonly times: number }[];
  /** The oracle's; null while it goes on. */
  readonly verdict: {
    readonly objects: number;
    readonly inTables: number;
    readonly dead: number;
    /** Empty when nothing is lost and nothing is there twice. */
    readonly problems: readonly string[];
  } | null;
}
