import type { CreateCandidate } from './candidate.ts';

/** What is measured. */
interface Entry {
  /** As the tables have it. */
  readonly title: string;
  /** Loaded only in the process of the candidate: each brings its own libraries along. */
  readonly module: string;
  /** Whether it needs what bench/package.json lists. */
  readonly peer?: true;
  /** Records at most, and why no more. */
  readonly most?: { readonly records: number; readonly why: string };
  /** Records at most with `--quick`. */
  readonly mostQuick?: number;
}

/** The limit comes first: every ratio is one to it. */
export const candidates = {
  parse: { title: 'parse (the limit)', module: 'candidates/parse.ts' },
  ours: { title: 'ours', module: 'candidates/ours.ts' },
  duckdb1: { title: 'DuckDB, one thread', module: 'candidates/duckdb1.ts' },
  duckdb2: { title: 'DuckDB, two threads', module: 'candidates/duckdb2.ts' },
  polars: { title: 'polars', module: 'peers/polars.ts', peer: true, mostQuick: 10_000 },
  arrow: {
    title: 'arrow + parquet-wasm',
    module: 'peers/arrow.ts',
    peer: true,
    most: { records: 100_000, why: 'holds it all in 4 GB of WebAssembly memory' },
  },
  parquetjs: {
    title: 'parquetjs',
    module: 'peers/parquetjs.ts',
    peer: true,
    mostQuick: 10_000,
    most: { records: 100_000, why: 'would take minutes a round' },
  },
} as const satisfies Readonly<Record<string, Entry>>;

export type CandidateName = keyof typeof candidates;

export const candidateNames = Object.keys(candidates) as CandidateName[];

export function entryOf(name: CandidateName): Entry {
  return candidates[name];
}

/** Why a candidate does not take part at a size; undefined when it does. */
export function leftOut(name: CandidateName, records: number, quick: boolean): string | undefined {
  const { most, mostQuick } = entryOf(name);
  if (most && records > most.records) return most.why;
  return quick && mostQuick !== undefined && records > mostQuick ? 'takes too long for --quick' : undefined;
}

/** The import is by name, so that type checking at the root does not need the peers. */
export async function loadCandidate(name: CandidateName): ReturnType<CreateCandidate> {
  const { href } = new URL(`../${candidates[name].module}`, import.meta.url);
  const { createCandidate } = (await import(href)) as { createCandidate: CreateCandidate };
  return createCandidate();
}
