import { zstdDecompressSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';

/** The rows of a Parquet file, by a reader that is not ours. */
export function parquetRows(bytes: Buffer): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({
    file: new Uint8Array(bytes).buffer,
    compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) },
  });
}
