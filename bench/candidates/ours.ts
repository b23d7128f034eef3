import { createHash } from 'node:crypto';
import { parquetFile } from '../../functions/convert/parquet.ts';
import { rawRecords } from '../../functions/convert/raw-records.ts';
import { Table } from '../../functions/convert/table.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import type { Candidate } from './candidate.ts';

export const rawKey = 'weatherapi/current/dt=2026-01-01/20260101T000000Z.json';

/** What functions/convert does between S3 and S3, with all columns of the dataset. */
export async function createCandidate(): Promise<Candidate> {
  return { convert: async ({ bytes }) => convertBytes(bytes) };
}

/** As `convert` does it, but for its limit of 32 MiB. */
export function convertBytes(bytes: Uint8Array): Uint8Array {
  const table = new Table(weatherapiCurrent, { rawKey, fetchedAt: new Date(0) });
  for (const record of rawRecords(new TextDecoder('utf-8', { fatal: true }).decode(bytes))) table.add(record);
  const rawSha256 = createHash('sha256').update(bytes).digest('hex');
  return parquetFile(weatherapiCurrent, table, { rawKey, rawSha256 });
}
