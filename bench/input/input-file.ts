import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectory } from './data-directory.ts';
import { responseText } from './response.ts';

const recordsPerWrite = 2000;

/**
 * The path of a file with so many responses, a line each. It is written once and then used again, as long as the
 * generator gives the same: the name holds a digest of what it gives.
 */
export async function inputFile(records: number): Promise<string> {
  const path = join(dataDirectory, `current-${contentVersion()}-${records}.ndjson`);
  if (existsSync(path)) return path;
  await mkdir(dataDirectory, { recursive: true });
  const unfinished = `${path}.${process.pid}.part`;
  const file = await open(unfinished, 'w');
  try {
    for (let first = 0; first < records; first += recordsPerWrite) {
      await file.write(lines(first, Math.min(first + recordsPerWrite, records)));
    }
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  return path;
}

/** Of some hours in full, and of single records from a long time. */
function contentVersion(): string {
  const digest = createHash('sha256').update(lines(0, 1000));
  for (let record = 1000; record < 2_000_000; record += 2003) digest.update(lines(record, record + 1));
  return digest.digest('hex').slice(0, 12);
}

function lines(first: number, end: number): string {
  let text = '';
  for (let record = first; record < end; record++) text += `${responseText(record)}\n`;
  return text;
}
