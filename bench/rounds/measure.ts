import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CandidateName, leftOut } from '../candidates/candidates.ts';
import { difference } from '../check/difference.ts';
import { dataDirectory } from '../input/data-directory.ts';
import { inputFile } from '../input/input-file.ts';
import type { Progress } from '../progress.ts';
import { count } from '../report/format.ts';
import { byTurns } from './by-turns.ts';
import { CandidateProcess } from './candidate-process.ts';
import { planFor } from './plan.ts';
import type { Round } from './protocol.ts';
import { type Spread, spread } from './spread.ts';

/** What came of one candidate at one size. */
export type Measurement = { readonly name: CandidateName; readonly records: number } & (
  | {
      /** Milliseconds a conversion. */
      readonly wall: Spread;
      /** Elapsed time as a multiple of the limit's around it. */
      readonly ratio: Spread;
      /** The same of the CPU's time, of all threads. */
      readonly cpuRatio: Spread;
      /** Of the Parquet file; undefined for the limit. */
      readonly bytes: number | undefined;
    }
  /** It has no time: left out on purpose, or failed, as one does that writes wrong values. */
  | { readonly reason: string; readonly failed: boolean }
);

/**
 * Measures candidates at one size: each in a process of its own, each checked first, then by turns.
 * @param names beside the limit
 */
export async function measure(
  names: readonly CandidateName[],
  records: number,
  quick: boolean,
  progress: Progress,
): Promise<Measurement[]> {
  const title = `${count(records)} ${records === 1 ? 'record' : 'records'}`;
  progress(`${title}: the input`);
  const path = await inputFile(records);
  const plan = planFor(records, { quick });
  const failures = new Map<CandidateName, string>();
  const fail = (name: CandidateName, error: unknown) => {
    const said = error instanceof Error ? error.message : String(error);
    progress(`${title}: ${name} has no time. ${said}`);
    failures.set(name, said.split('\n')[0] ?? '');
  };
  const limit = new CandidateProcess('parse');
  const candidates = names
    .filter((name) => !leftOut(name, records, quick))
    .map((name) => new CandidateProcess(name));
  try {
    await limit.load(path, records);
    await limit.round(plan.warmUp);
    const ready: CandidateProcess[] = [];
    const sizes = new Map<CandidateName, number>();
    for (const candidate of candidates) {
      const { name } = candidate;
      progress(`${title}: ${name} is checked`);
      try {
        await candidate.load(path, records);
        sizes.set(name, await writtenRightly(candidate, path, records));
        // Writing was a conversion, too: where one is long, that is warm enough.
        if (plan.warmUp > 0) await candidate.round(plan.warmUp);
        ready.push(candidate);
      } catch (error) {
        fail(name, error);
        await candidate.close();
      }
    }
    const turns = await byTurns(limit, ready, {
      plan,
      onRound: (round) => progress(`${title}: round ${round} of ${plan.rounds}`),
      onFailure: fail,
    });
    return ['parse' as const, ...names].map((name) => {
      const own = turns.get(name);
      const failure = failures.get(name);
      if (failure !== undefined) return { name, records, reason: failure, failed: true };
      if (!own) return { name, records, reason: leftOut(name, records, quick) ?? '', failed: false };
      const ratio = (of: keyof Round) => spread(own.map(({ taken, limit }) => taken[of] / limit[of]));
      return {
        name,
        records,
        wall: spread(own.map(({ taken }) => taken.wall)),
        ratio: ratio('wall'),
        cpuRatio: ratio('cpu'),
        bytes: sizes.get(name),
      };
    });
  } finally {
    await Promise.all([limit, ...candidates].map((candidate) => candidate.close()));
  }
}

/** The size of the candidate's file. @throws {Error} when a reader that is not ours finds other values in it */
async function writtenRightly(candidate: CandidateProcess, input: string, records: number): Promise<number> {
  const folder = join(dataDirectory, 'output');
  await mkdir(folder, { recursive: true });
  const output = join(folder, `${candidate.name}-${records}.parquet`);
  const bytes = await candidate.write(output);
  const different = await difference(output, input);
  if (different) throw new Error(`wrong: ${different}`);
  return bytes;
}
