import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CandidateName, entryOf } from '../candidates/candidates.ts';
import { difference } from '../check/difference.ts';
import { dataDirectory } from '../input/data-directory.ts';
import { inputFile } from '../input/input-file.ts';
import { CandidateProcess } from './candidate-process.ts';
import type { Plan } from './plan.ts';
import type { Round } from './protocol.ts';
import { type Spread, spread } from './spread.ts';

/** What came of one candidate at one size. */
export type Measurement = { readonly name: CandidateName; readonly records: number } & (
  | {
      /** Milliseconds a conversion. */
      readonly wall: Spread;
      /** Elapsed time as a multiple of the limit's in the same round. */
      readonly ratio: Spread;
      /** The same of the CPU's time, of all threads. */
      readonly cpuRatio: Spread;
      /** Of the Parquet file; undefined for the limit. */
      readonly bytes: number | undefined;
    }
  /** It has no time: left out, wrong, or failed. */
  | { readonly reason: string }
);

export type Progress = (message: string) => void;

/**
 * Measures candidates at one size: each in a process of its own, each checked first, then by turns, round after round.
 * @param names with the limit
 */
export async function measure(
  names: readonly CandidateName[],
  records: number,
  plan: Plan,
  progress: Progress,
): Promise<Measurement[]> {
  const path = await inputFile(records);
  const reasons = new Map<CandidateName, string>();
  const sizes = new Map<CandidateName, number>();
  const ready: CandidateProcess[] = [];
  try {
    for (const name of names) {
      const { most } = entryOf(name);
      if (most && records > most.records) {
        reasons.set(name, most.why);
        continue;
      }
      progress(`${records} records: ${name} is checked`);
      const candidate = new CandidateProcess(name);
      ready.push(candidate);
      try {
        await candidate.load(path, records);
        if (name !== 'parse') sizes.set(name, await writtenRightly(candidate, path, records));
        if (plan.warmUp > 0) await candidate.round(plan.warmUp);
      } catch (error) {
        if (name === 'parse') throw error;
        reasons.set(name, firstLine(error));
        progress(`${name}: ${error instanceof Error ? error.message : error}`);
        ready.pop();
        await candidate.close();
      }
    }
    const rounds = await byTurns(ready, plan, (round) =>
      progress(`${records} records: round ${round} of ${plan.rounds}`),
    );
    return names.map((name) => {
      const measured = rounds.get(name);
      const limit = rounds.get('parse') ?? [];
      if (!measured) return { name, records, reason: reasons.get(name) ?? 'not measured' };
      const ratios = (of: keyof Round) =>
        spread(measured.map((round, index) => round[of] / (limit[index]?.[of] ?? Number.NaN)));
      return {
        name,
        records,
        wall: spread(measured.map(({ wall }) => wall)),
        ratio: ratios('wall'),
        cpuRatio: ratios('cpu'),
        bytes: sizes.get(name),
      };
    });
  } finally {
    await Promise.all(ready.map((candidate) => candidate.close()));
  }
}

/** Another one begins each round, so that none always comes after the same. */
async function byTurns(
  candidates: readonly CandidateProcess[],
  { rounds, atLeast }: Plan,
  onRound: (round: number) => void,
): Promise<ReadonlyMap<CandidateName, Round[]>> {
  const measured = new Map<CandidateName, Round[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    onRound(round + 1);
    for (let turn = 0; turn < candidates.length; turn++) {
      const candidate = candidates[(round + turn) % candidates.length] as CandidateProcess;
      measured.get(candidate.name)?.push(await candidate.round(atLeast));
    }
  }
  return measured;
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

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
