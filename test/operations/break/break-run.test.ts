import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, jest, test } from '@jest/globals';
import { breakRun } from '../../../operations/break/break-run.ts';
import type { BreakProgress } from '../../../operations/break/fault-watch.ts';
import { assemblyDirectory } from '../../assembly.ts';

jest.setTimeout(90_000); // Processes are killed and started again.

const assembly = assemblyDirectory();
const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('tdf-break-'));

test('whatever goes wrong, the verdict finds nothing lost, and the progress tells what was hit', async () => {
  const before = folders();
  const told: BreakProgress[] = [];
  const { signal } = new AbortController();
  const verdict = await breakRun({ seed: 42, assembly, signal, objects: 12, onProgress: (each) => told.push(each) });
  expect(verdict).toMatchObject({ objects: 14, problems: [] });
  expect(verdict.inTables + verdict.dead).toBe(14);
  const last = told.at(-1);
  expect(last).toMatchObject({ seed: 42, kind: null, verdict, done: last?.of });
  expect(last?.faults.length).toBeGreaterThan(3);
  expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b));
  expect(folders()).toEqual(before);
});

test('one kind of fault is hit alone', async () => {
  const told: BreakProgress[] = [];
  const { problems } = await breakRun({
    seed: 3,
    kind: 'S3: event lost',
    assembly,
    signal: new AbortController().signal,
    objects: 20,
    onProgress: (each) => told.push(each),
  });
  expect(problems).toEqual([]);
  expect(told.at(-1)?.faults).toEqual([{ kind: 'S3: event lost', times: expect.any(Number) }]);
});

test('a run that is stopped leaves nothing behind', async () => {
  const before = folders();
  const stop = new AbortController();
  const run = breakRun({
    seed: 1,
    assembly,
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('Stopped on purpose.')),
  });
  await expect(run).rejects.toThrow('Stopped on purpose.');
  expect(folders()).toEqual(before);
});
