import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { AsyncBuffer } from 'hyparquet';
import { mergedParts } from '../functions/compact/merge.ts';
import { conversion } from '../functions/convert/conversion.ts';
import { weatherapiCurrent } from '../shared/datasets/weatherapi-current.ts';
import { dayOf, parseRawKey, rawKey, tableDayOf } from '../shared/keys.ts';
import { sqlText } from './check.ts';
import { dataDirectory, hourlyLine } from './input.ts';
import { type Spread, spread } from './measure.ts';

/** The files of a table: one per run, as convert writes them, or one per day, as compact does. */
export interface Scan {
  readonly title: string;
  readonly files: number;
  readonly bytes: number;
  /** Milliseconds in which DuckDB reads every column of every row, and as a multiple of the scan of one file per day. */
  readonly wall: Spread;
  readonly ratio: Spread;
}

export interface Compaction {
  readonly title: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly wall: Spread;
  readonly cpu: Spread;
}

const firstDay = Date.parse('2026-01-01T00:00:00Z');
const hour = 3_600_000;

/** Hourly runs of so many places for so many days, before and after compacting. */
export async function scans(
  places: number,
  days: number,
  rounds: number,
  progress: (message: string) => void,
): Promise<Scan[]> {
  const folder = join(dataDirectory, `lake-${places}-${days}`);
  await rm(folder, { recursive: true, force: true });
  for (const stage of ['curated', 'compacted']) await mkdir(join(folder, stage), { recursive: true });
  const files = { curated: [] as string[], compacted: [] as string[] };
  for (let day = 0; day < days; day++) {
    progress(`day ${day + 1} of ${days}`);
    const parts = await partsOf(day, places);
    for (const { key, file } of parts) {
      files.curated.push(join(folder, 'curated', key.replaceAll('/', ' ')));
      await writeFile(files.curated.at(-1) ?? '', file);
    }
    files.compacted.push(join(folder, 'compacted', `${day}.parquet`));
    await writeFile(files.compacted.at(-1) ?? '', await compacted(parts));
  }

  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
  const connection = await instance.connect();
  const scan = async (stage: keyof typeof files) => {
    const start = performance.now();
    const rows = await connection.runAndReadAll(
      `SELECT count(*)::INT, max(COLUMNS(*)) FROM read_parquet(${sqlText(join(folder, stage, '*.parquet'))})`,
    );
    const wall = performance.now() - start;
    const found = rows.getRows()[0]?.[0];
    if (found !== places * days * 24) throw new Error(`Wrong: DuckDB finds ${found} rows in ${stage}.`);
    return wall;
  };
  try {
    const walls = { curated: [] as number[], compacted: [] as number[] };
    for (let round = -1; round < rounds; round++) {
      progress(`scan ${round + 2} of ${rounds + 1}`);
      const turn = { curated: await scan('curated'), compacted: await scan('compacted') };
      // The first one finds neither the files nor DuckDB's code in memory.
      if (round < 0) continue;
      walls.curated.push(turn.curated);
      walls.compacted.push(turn.compacted);
    }
    return await Promise.all(
      (['curated', 'compacted'] as const).map(async (stage) => ({
        title: stage === 'curated' ? 'one per run (curated)' : 'one per day (compacted)',
        files: files[stage].length,
        bytes: (await Promise.all(files[stage].map((file) => stat(file)))).reduce(
          (sum, { size }) => sum + size,
          0,
        ),
        wall: spread(walls[stage]),
        ratio: spread(walls[stage].map((wall, round) => wall / (walls.compacted[round] ?? Number.NaN))),
      })),
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** What compact does between S3 and S3 for a day of hourly runs. */
export async function compaction(places: number, rounds: number): Promise<Compaction> {
  const parts = await partsOf(0, places);
  let bytesOut = 0;
  const walls: number[] = [];
  const cpus: number[] = [];
  // Until the compiler has seen enough of it.
  const warm = performance.now() + 1000;
  for (let round = 0; round < rounds; ) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    bytesOut = (await compacted(parts)).length;
    const wall = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    if (start < warm) continue;
    walls.push(wall);
    cpus.push((user + system) / 1000);
    round += 1;
  }
  return {
    title: `24 files of ${places} ${places === 1 ? 'row' : 'rows'}`,
    bytesIn: parts.reduce((sum, { file }) => sum + file.length, 0),
    bytesOut,
    wall: spread(walls),
    cpu: spread(cpus),
  };
}

interface PartFile {
  readonly key: string;
  readonly file: Uint8Array;
}

/** A day's curated files, one per hour. */
async function partsOf(day: number, places: number): Promise<PartFile[]> {
  const parts: PartFile[] = [];
  for (let each = 0; each < 24; each++) {
    const now = new Date(firstDay + (day * 24 + each) * hour);
    const lines = Array.from({ length: places }, (_, place) => `${hourlyLine(place, places, now)}\n`);
    const parsed = { ...parseRawKey(rawKey(weatherapiCurrent, now)), day: dayOf(now) };
    const body = async function* () {
      yield Buffer.from(lines.join(''));
    };
    const pieces: Uint8Array[] = [];
    for await (const [piece] of conversion(parsed, { body: body(), fetchedAt: now }))
      pieces.push(piece ?? new Uint8Array());
    parts.push({ key: parsed.key.replace('.json', '.parquet'), file: Buffer.concat(pieces) });
  }
  return parts;
}

async function compacted(parts: readonly PartFile[]): Promise<Uint8Array> {
  const opened = async function* () {
    for (const { key, file } of parts) yield { key, file: inMemory(file) };
  };
  const pieces: Uint8Array[] = [];
  const sources = {
    partsDigest: '0'.repeat(64),
    partsBytes: parts.reduce((sum, { file }) => sum + file.length, 0),
  };
  for await (const piece of mergedParts(tableDayOf(parts[0]?.key ?? ''), opened(), sources))
    pieces.push(piece);
  return Buffer.concat(pieces);
}

function inMemory({ buffer, byteOffset, byteLength }: Uint8Array): AsyncBuffer {
  return {
    byteLength,
    slice: async (start, end = byteLength) =>
      buffer.slice(byteOffset + start, byteOffset + end) as ArrayBuffer,
  };
}
