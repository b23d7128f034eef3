/**
 * What the page and its server say to each other: JSON over loopback, in the words of the operations. Instants are ISO 8601 in
 * UTC, sizes are bytes, times are milliseconds unless a name says otherwise. Every request that changes something carries the
 * header `x-console-token`, which the page finds in its own document. Of operations, only types: the page cannot run them.
 */
import type { CalendarCell } from '../operations/calendar/cells.ts';
import type { ChartLines } from '../operations/chart/chart.ts';
import type { Letter } from '../operations/letters/letters.ts';
import type { Flow, FlowPart } from '../operations/live/flow.ts';
import type { ShownColumn } from '../operations/query/shown-rows.ts';

/** GET /api/flow, and the event `flow`. */
export type { Flow } from '../operations/live/flow.ts';
export type Alarm = Flow['alarms'][number];
/** GET /api/faults: the kinds. POST /api/break `{ seed, kind? }`: 202. */
export type { BreakProgress } from '../operations/break/fault-watch.ts';
/** GET /api/calendar?dataset=NAME&view=hours|year&until=DAY */
export type { Calendar } from '../operations/calendar/calendar.ts';
export type { CalendarCell } from '../operations/calendar/cells.ts';
/** GET /api/columns: what can be drawn. */
export type { ChartColumn } from '../operations/chart/chart-columns.ts';
/** POST /api/letters/ID/judge `{ text }`: would convert take it? */
export type { Judgement } from '../operations/letters/judge.ts';
/** GET /api/letters/ID */
export type { LetterDetail } from '../operations/letters/letter-detail.ts';
export type { Letter } from '../operations/letters/letters.ts';
/** POST /api/actions with one of these. Answers 202 with `{ activityId }`. */
export type { Action } from '../operations/live/actions.ts';
/** GET /api/activity: the newest 50, newest first. */
export type { Activity, ActivityStep } from '../operations/live/activities.ts';
/** GET /api/events: server-sent events, each with one of these as its data. */
export type { LiveEvent } from '../operations/live/live-event.ts';
/** GET /api/record?key=RAW_KEY&place=NAME&at=INSTANT: the line of a raw object that a row came from. */
export type { RawRecord } from '../operations/record/raw-record.ts';
/** GET /api/queries: named queries in the words of this engine. */
export type { NamedQuery } from '../shared/named-queries.ts';

// POST /api/letters/ID/edit `{ text, etag }` puts a new version of the raw object: 202 `{ activityId }`.
// PUT /api/files?name=NAME with the file as its body drops it: 202 `{ activityId }`.

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
export type TileName = (typeof tileNames)[number] | FlowPart | 'secret';

/** In the order of the legend. */
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
] as const satisfies readonly CalendarCell['state'][];

/** GET /api/chart?column=NAME&from=INSTANT&to=INSTANT */
export interface Chart extends ChartLines {
  readonly column: string;
  readonly unit: string | null;
  readonly now: string;
}

/**
 * POST /api/query `{ sql }`. Answers lines of JSON: first {@link QueryHead}, then a list of cells for each row, last
 * {@link QueryTail}. GET /api/query.csv?sql=… downloads all rows.
 */
export interface QueryHead {
  readonly columns: readonly ShownColumn[];
}
export type QueryTail =
  | { readonly rows: number; readonly isCut: boolean; readonly milliseconds: number }
  | { readonly error: string };
/** Rows that the page gets at most. */
export const shownRows = 1000;

/** GET /api/letters */
export interface Letters {
  readonly letters: readonly Letter[];
  /** Keys of raw objects that were given up: they can be taken back. */
  readonly givenUp: readonly string[];
}
