import type { FlowPart } from './flow.ts';

/** What the names of alarms end with, up to the dataset, and the part that each watches. */
const parts: Readonly<Record<string, FlowPart>> = {
  DeadLetters: 'convert-queue',
  ConvertFailing: 'convert',
  QueueTooOld: 'convert-queue',
  CompactDeadLetters: 'compact-queue',
  CompactFailing: 'compact',
  CompactQueueTooOld: 'compact-queue',
  SchemaDrift: 'convert',
  ExpectationsFailed: 'convert',
  ReconcileFailed: 'reconcile',
  FetchFailed: 'fetch',
  PlacesMissing: 'fetch',
  HoursSkipped: 'fetch',
  QuotaSpent: 'fetch',
  NotFresh: 'raw',
};

export function partOf(alarm: string): FlowPart {
  const [id = ''] = (alarm.split('-').at(-1) ?? '').split('_');
  return parts[id] ?? 'fetch';
}
