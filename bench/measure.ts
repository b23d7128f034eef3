import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CandidateProcess, type Request, type Usage } from './candidate-process.ts';
import { type CandidateName, candidates } from './candidates.ts';
import { check } from './check.ts';
import { dataDirectory, type Input, tablesOf } from './input.ts';

export interface Plan {
  /** From file to file, each time in a fresh process; otherwise from bytes to bytes, in warm processes. */
  readonly streamed: boolean;
  /** Warm processes of each candidate, one after the other: what the compiler decides lasts as long as a process. */
  readonly processes: number;
  /** Rounds per process. */
  readonly rounds: number;
}

/** The median of many measurements, the least and the most. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** A candidate's figures, or why it has none. */
export type Measurement = { readonly name: CandidateName } & (
  | {
      /** Elapsed milliseconds of a conversion, and as a multiple of the limit's. */
      readonly wall: Spread;
      readonly wallRatio: Spread;
      /** The same for CPU time. */
      readonly cpu: Spread;
      readonly cpuRatio: Spread;
      /** Of the Parquet files; undefined for the limit. */
      readonly bytes: number | undefined;
      /** The most resident memory of any of its processes, in bytes. */
      readonly peak: number;
    }
  | { readonly failed: string }
);

/** Milliseconds of conversions before a process is measured, and in each round: many when one is short. */
const warmUp = 1000;
const roundTime = 100;

/**
 * Has each candidate's file checked, then measures them by turns, with the limit before, between and after them: what
 * else the computer does affects both. A candidate that fails has no figures.
 */
export async function measure(
  all: readonly CandidateName[],
  input: Input,
  { streamed, processes, rounds }: Plan,
  progress: (message: string) => void,
): Promise<Measurement[]> {
  const names = all.filter((name) => name !== 'parse');
  const tables = tablesOf(input.name);
  const outputsOf = (name: CandidateName) =>
    tables.map((_, table) => join(dataDirectory, `${name}-${table}.parquet`));
  const failures = new Map<CandidateName, string>();
  const attempt = async (name: CandidateName, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      failures.set(name, error instanceof Error ? error.message : String(error));
      progress(`${name} failed: ${failures.get(name)}`);
    }
  };

  const sizes = new Map<CandidateName, number>();
  for (const name of names) {
    progress(`checking ${name}`);
    await attempt(name, async () => {
      const to = outputsOf(name);
      await askFresh(name, input, { work: streamed ? 'stream' : 'write', to });
      await check(to, input, candidates[name].rescues);
      const files = await Promise.all(to.map((file) => stat(file)));
      sizes.set(
        name,
        files.reduce((sum, { size }) => sum + size, 0),
      );
    });
  }

  const turns: { name: CandidateName; taken: Usage; before: Usage; after: Usage }[] = [];
  for (let process = 1; process <= processes; process++) {
    const warm = new Map<CandidateName, CandidateProcess>();
    const run = async (name: CandidateName): Promise<Usage> => {
      if (streamed) return askFresh(name, input, { work: 'stream', to: outputsOf(name) });
      const own = warm.get(name) ?? new CandidateProcess(name, input);
      if (!warm.has(name)) {
        warm.set(name, own);
        await own.ask({ work: 'convert', atLeast: warmUp });
      }
      return own.ask({ work: 'convert', atLeast: roundTime });
    };
    try {
      for (let round = 0; round < rounds; round++) {
        progress(`process ${process} of ${processes}, round ${round + 1} of ${rounds}`);
        const able = names.filter((name) => !failures.has(name));
        let before = await run('parse');
        turns.push({ name: 'parse', taken: before, before, after: before });
        // Another one begins each round, so that none always follows the same.
        const first = round % Math.max(1, able.length);
        for (const name of [...able.slice(first), ...able.slice(0, first)]) {
          await attempt(name, async () => {
            const taken = await run(name);
            const after = await run('parse');
            turns.push({ name, taken, before, after });
            turns.push({ name: 'parse', taken: after, before: after, after });
            before = after;
          });
        }
      }
    } finally {
      await Promise.all([...warm.values()].map((own) => own.close()));
    }
  }

  return (['parse', ...names] as const).map((name) => {
    const failed = failures.get(name);
    if (failed !== undefined) return { name, failed };
    const own = turns.filter((turn) => turn.name === name);
    const ratio = (of: 'wall' | 'cpu') =>
      spread(own.map(({ taken, before, after }) => (2 * taken[of]) / (before[of] + after[of])));
    return {
      name,
      wall: spread(own.map(({ taken }) => taken.wall)),
      wallRatio: ratio('wall'),
      cpu: spread(own.map(({ taken }) => taken.cpu)),
      cpuRatio: ratio('cpu'),
      bytes: sizes.get(name),
      peak: Math.max(...own.map(({ taken }) => taken.peak)),
    };
  });
}

async function askFresh(name: CandidateName, input: Input, request: Request): Promise<Usage> {
  const process = new CandidateProcess(name, input);
  try {
    return await process.ask(request);
  } finally {
    await process.close();
  }
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const half = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2,
    least: at(0),
    most: at(sorted.length - 1),
  };
}
