import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { limits } from '../../../functions/compact/limits.ts';
import { converted, response } from '../convert/converted.ts';
import type { LargeDay, LargeDayReport } from './large-day.ts';

/** What the template gives the function, in MiB. */
const memory = 1769;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'large-day-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Numbers and digits that have no pattern. */
function noise(seed: number): Buffer {
  return createHash('shake256', { outputLength: 160 }).update(String(seed)).digest();
}

/** Writes a part with a text in each of its rows, and tells its path and bytes. */
async function part(name: string, rows: number, textOf?: (bytes: Buffer) => string) {
  const lines = Array.from({ length: rows }, (_, row) => {
    const bytes = noise(row);
    const [temp_c, wind_kph, pressure_mb, humidity, uv] = new Float32Array(
      new Uint8Array(bytes.subarray(0, 20)).buffer,
    );
    const text = textOf && { new: textOf(bytes) };
    return response({ temp_c, wind_kph, pressure_mb, humidity, uv, ...text }, `Place ${row}`);
  });
  const { file } = await converted(lines.join('\n'));
  const to = path.join(folder, name);
  await writeFile(to, file);
  return { path: to, rows, bytes: file.length };
}

async function compact(day: LargeDay): Promise<LargeDayReport> {
  const script = fileURLToPath(new URL('large-day.ts', import.meta.url));
  // As Lambda starts Node: with nine tenths of the memory.
  const args = [`--max-old-space-size=${Math.floor(memory * 0.9)}`, script, JSON.stringify(day)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as LargeDayReport;
}

test('a day just below all limits at once, of the slowest parts, takes at most half of the time-out and half of the memory [large-day]', async () => {
  // Row groups that are just too small to be taken over as they are.
  const parts = [
    { ...(await part('texts', 20_000, (bytes) => bytes.toString('hex'))), count: 220 },
    { ...(await part('numbers', 24_000)), count: 20 },
    // Texts that take hardly any room until they are unpacked.
    { ...(await part('packed', 200, (bytes) => bytes.toString('hex').padEnd(40_000))), count: 300 },
    { ...(await part('one', 1)), count: limits.parts - 540 },
  ];
  const sum = (of: 'rows' | 'bytes') => parts.reduce((total, part) => total + part[of] * part.count, 0);
  expect(sum('rows') / limits.rows).toBeGreaterThan(0.9);
  expect(sum('bytes') / limits.bytes).toBeGreaterThan(0.9);

  const { done, seconds, peakMemory, writtenBytes } = await compact({
    prefix: 'weatherapi/current/dt=2026-11-22/',
    parts: parts.map(({ path, count }) => [path, count]),
  });

  expect(done).toMatchObject({ kind: 'compacted', parts: limits.parts, rows: sum('rows') });
  expect(writtenBytes).toBeGreaterThan(limits.bytes / 2);
  expect(seconds).toBeLessThan(limits.timeout / 1000 / 2);
  expect(peakMemory).toBeLessThan(memory / 2);
}, 600_000);
