import { expect, test } from '@jest/globals';
import { burialsOf, routeOf } from '../../../console/page/flow/route.ts';
import { flowState } from './flow.ts';

const written = (
  bucket: 'raw' | 'curated' | 'compacted',
  key = 'weatherapi/current/dt=2026-11-22/a.json',
) => ({
  type: 'object' as const,
  bucket,
  key,
  isRemoved: false,
});

test('a raw object comes from fetch while it works, and else from whoever dropped it', () => {
  const { functions } = flowState();
  const atWork = flowState({ functions: { ...functions, fetch: { ...functions.fetch, isAtWork: true } } });
  expect(routeOf(written('raw'), atWork)).toEqual(['fetch', 'raw', 'convert-queue']);
  expect(routeOf(written('raw'), flowState())).toEqual(['drop', 'raw', 'convert-queue']);
});

test('what convert and compact write goes on to who reads it', () => {
  expect(routeOf(written('curated'), null)).toEqual(['convert-queue', 'convert', 'curated', 'compact-queue']);
  expect(routeOf(written('compacted'), null)).toEqual(['compact-queue', 'compact', 'table']);
});

test('an object that is removed or given up does not travel', () => {
  expect(routeOf({ ...written('raw'), isRemoved: true }, null)).toEqual([]);
  expect(routeOf(written('raw', 'given-up/weatherapi/current/a.json'), null)).toEqual([]);
});

test('a message travels to the dead letters when there are more of them than before', () => {
  const { queues } = flowState();
  const after = flowState({ queues: { ...queues, compact: { ...queues.compact, dead: 1 } } });
  expect(burialsOf(flowState(), after)).toEqual([['compact', 'compact-fork', 'compact-dead']]);
  expect(burialsOf(after, after)).toEqual([]);
  expect(burialsOf(null, after)).toEqual([]);
});
