/** One input, as the bytes of its file and as the path, for those that read files themselves. */
export interface Input {
  readonly path: string;
  readonly records: number;
  /** Read once, when first asked for. */
  readonly bytes: Buffer;
}

/** One way from NDJSON to Parquet. */
export interface Candidate {
  /** All of it: the input's bytes in, the Parquet file's bytes out; undefined for the limit, which writes nothing. */
  convert(input: Input): Promise<Uint8Array | undefined>;
}

/** Each candidate's module has one of these, so that what it needs is loaded in its own process only. */
export type CreateCandidate = () => Promise<Candidate>;
