import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { breakRun } from '../../../operations/break/break-run.ts';
import type { BreakProgress } from '../../../operations/break/fault-watch.ts';
import { assemblyDirectory } from '../../assembly.ts';

jest.setTimeout(90_000); // Processes are killed and started again.

const assembly = assemblyDirectory();
let state: string;
beforeAll(() => {
  state = mkdtempSync(join(tmpdir(), 'break-'));
  mkdirSync(join(state, 's3', '.meta'), { recursive: true });
});
afterAll(() => rmSync(state, { recursive: true }));
const folders = () => readdirSync(join(state, 's3', '.meta'));

test('whatever goes wrong, the verdict finds nothing lost, and the progress tells what was hit', async () => {
  const told: BreakProgress[] = [];
  const { signal } = new AbortController();
  const verdict = await breakRun({
    seed: 42,
    state,
    assembly,
    signal,
    objects: 8,
    onProgress: (each) => told.push(each),
  });
  expect(verdict).toMatchObject({ objects: 10, problems: [] });
  expect(verdict.inTables + verdict.dead).toBe(10);
  const last = told.at(-1);
  expect(last).toMatchObject({ seed: 42, kind: null, verdict, done: last?.of });
  expect(last?.faults.length).toBeGreaterThan(3);
  expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b));
  expect(folders()).toEqual([]);
});

test('a run that is stopped leaves nothing behind', async () => {
  const stop = new AbortController();
  const run = breakRun({
    seed: 1,
    state,
    assembly,
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('Stopped on purpose.')),
  });
  await expect(run).rejects.toThrow('Stopped on purpose.');
  expect(folders()).toEqual([]);
});
