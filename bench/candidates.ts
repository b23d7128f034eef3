import type { Dataset, Table } from '../shared/dataset.ts';

/**
 * What is measured: each has a module of its name in `candidates/`. The limit comes first. Those that nest read rows inside
 * records. Those that rescue keep what the dataset does not declare.
 */
export const candidates = {
  parse: { title: 'parse (the limit)', streams: true, nests: true, rescues: false },
  ours: { title: 'ours', streams: true, nests: true, rescues: true },
  duckdb: { title: 'DuckDB, one thread', streams: true, nests: true, rescues: false },
  polars: { title: 'polars', streams: false, nests: false, rescues: false },
  arrow: { title: 'arrow + parquet-wasm', streams: false, nests: false, rescues: false },
} as const;

export type CandidateName = keyof typeof candidates;

export const candidateNames = Object.keys(candidates) as CandidateName[];

/** One way from NDJSON to Parquet. */
export interface Candidate {
  /** From bytes to bytes, one file per table. Those that only read files use the path; the limit returns nothing. */
  convert(input: {
    readonly bytes: Buffer;
    readonly path: string;
    readonly records: number;
  }): Promise<readonly Uint8Array[] | undefined>;
  /** From file to files, one per table, in flat memory. */
  stream?(from: string, to: readonly string[]): Promise<void>;
}

/** What each module exports; the tables have the fields that it has to write. */
export type CreateCandidate = (tables: readonly Table[], dataset: Dataset) => Promise<Candidate>;
