import type { Field } from '../shared/dataset.ts';

/** What is measured: each has a module of its name in `candidates/`. The limit comes first. */
export const candidates = {
  parse: { title: 'parse (the limit)', streams: true },
  ours: { title: 'ours', streams: true },
  duckdb: { title: 'DuckDB, one thread', streams: true },
  polars: { title: 'polars', streams: false },
  arrow: { title: 'arrow + parquet-wasm', streams: false },
} as const;

export type CandidateName = keyof typeof candidates;

export const candidateNames = Object.keys(candidates) as CandidateName[];

/** One way from NDJSON to Parquet. */
export interface Candidate {
  /** From bytes to bytes. Those that only read files use the path; the limit returns nothing. */
  convert(input: {
    readonly bytes: Buffer;
    readonly path: string;
    readonly records: number;
  }): Promise<Uint8Array | undefined>;
  /** From file to file, in flat memory. */
  stream?(from: string, to: string): Promise<void>;
}

/** What each module exports; `columns` are those that it has to write. */
export type CreateCandidate = (columns: readonly Field[]) => Promise<Candidate>;
