import { expect, test } from '@jest/globals';
import type { FaultKind } from '../../../local/faults/seeded-faults.ts';
import { type BreakProgress, FaultWatch } from '../../../operations/break/fault-watch.ts';

const actions = { crash: async () => {}, closeIdleConnections: () => {} };

/** Asks about many events and requests, and tells what was hit. */
function hits(kind?: FaultKind): Map<FaultKind, number> {
  const told: BreakProgress[] = [];
  const watch = new FaultWatch({
    seed: 42,
    kind,
    state: '',
    assembly: '',
    signal: new AbortController().signal,
    onProgress: (progress) => told.push(progress),
  });
  for (let index = 0; index < 300; index++) {
    const key = `weatherapi/current/${index}.json`;
    watch.faults.event?.({ bucket: 'raw', key, eventName: 'ObjectCreated:Put' });
    watch.faults.request?.(
      { service: 's3', action: 'GetObject', method: 'GET', bucket: 'raw', key, caller: 'convert-function' },
      actions,
    );
  }
  return new Map(told.at(-1)?.faults.map((fault) => [fault.kind, fault.times]));
}

test('faults of all kinds are hit, and counted', () => {
  const all = hits();
  expect([...all.keys()]).toEqual(
    expect.arrayContaining(['S3: event lost', 'S3: event late', 'S3: slow answer']),
  );
});

test('of the kind that was asked for, the same ones are hit, and nothing else', () => {
  expect(hits('S3: event lost')).toEqual(new Map([['S3: event lost', hits().get('S3: event lost')]]));
});

test('nothing is hit once the faults are over, and reconcile never is', () => {
  const told: BreakProgress[] = [];
  const watch = new FaultWatch({
    seed: 42,
    state: '',
    assembly: '',
    signal: new AbortController().signal,
    onProgress: (progress) => told.push(progress),
  });
  for (let index = 0; index < 300; index++)
    watch.faults.request?.(
      {
        service: 's3',
        action: 'HeadObject',
        method: 'HEAD',
        bucket: 'raw',
        key: `${index}`,
        caller: 'reconcile-function',
      },
      actions,
    );
  watch.end();
  for (let index = 0; index < 300; index++)
    expect(watch.faults.event?.({ bucket: 'raw', key: `${index}`, eventName: 'ObjectCreated:Put' })).toEqual([
      0,
    ]);
  expect(told).toEqual([]);
});
