import { zstdCompressSync } from 'node:zlib';

/**
 * Zstandard at its default level, 3: smaller than Snappy, and faster than Snappy in JavaScript. Athena reads it
 * (https://docs.aws.amazon.com/athena/latest/ug/compression-formats.html).
 */
export const compressors = { ZSTD: (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes) };
