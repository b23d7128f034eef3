import { readFile, writeFile } from 'node:fs/promises';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { candidates } from './candidates.ts';
import type { Input } from './input.ts';
import type { Compaction, Scan } from './lake.ts';
import type { Measurement, Plan, Spread } from './measure.ts';

/** A table in Markdown that reads well on a screen, too. */
export function table(input: Input, { streamed }: Plan, measurements: readonly Measurement[]): string {
  const head = [
    'converter',
    'ms',
    '× parse',
    'CPU ms',
    'CPU × parse',
    'MB out',
    ...(streamed ? ['peak MB'] : []),
  ];
  const rows = measurements.map((measurement) => {
    const { title } = candidates[measurement.name];
    if ('failed' in measurement) return [title, 'failed'];
    const { wall, wallRatio, cpu, cpuRatio, bytes, peak } = measurement;
    const spreads = [wall, wallRatio, cpu, cpuRatio].map(spreadText);
    return [title, ...spreads, bytes === undefined ? '' : short(bytes / 1e6), short(peak / 1e6)];
  });
  return markdown(`${titleOf(input)}${streamed ? ', streamed' : ''}`, head, rows);
}

export function scanTable(places: number, days: number, scans: readonly Scan[]): string {
  const title = `Files of ${places} ${places === 1 ? 'place' : 'places'}, hourly, ${days} days`;
  return markdown(
    title,
    ['files', 'number', 'MB', 'full scan ms', '× one per day'],
    scans.map(({ title, files, bytes, wall, ratio }) => [
      title,
      String(files),
      short(bytes / 1e6),
      spreadText(wall),
      spreadText(ratio),
    ]),
  );
}

export function compactionTable(compactions: readonly Compaction[]): string {
  return markdown(
    'Compacting a day',
    ['day', 'ms', 'CPU ms', 'MB in', 'MB out'],
    compactions.map(({ title, wall, cpu, bytesIn, bytesOut }) => [
      title,
      spreadText(wall),
      spreadText(cpu),
      short(bytesIn / 1e6),
      short(bytesOut / 1e6),
    ]),
  );
}

function markdown(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((row) => head.map((_, column) => row[column] ?? ''));
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  lines.splice(1, 0, rule);
  const padded = lines.map((cells) =>
    cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    ),
  );
  return [`## ${title}`, '', ...padded.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
}

export function titleOf({ name, records }: Input): string {
  return `${name}, ${records.toLocaleString('en').replaceAll(',', ' ')} ${records === 1 ? 'record' : 'records'}`;
}

export async function writeResults(tables: readonly string[]): Promise<void> {
  const parts = [
    '# Results',
    'Written by `npm run bench`. [README.md](README.md) says how to read it, [NOTES.md](NOTES.md) what was tried.',
    await machine(),
    ...tables,
  ];
  await writeFile(join(import.meta.dirname, 'RESULTS.md'), `${parts.join('\n\n')}\n`);
}

/** The median, the least and the most. */
function spreadText({ median, least, most }: Spread): string {
  return least === most ? short(median) : `${short(median)} (${short(least)}–${short(most)})`;
}

/** Three significant digits. */
function short(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** What the figures depend on: the computer, Node and the libraries. */
async function machine(): Promise<string> {
  const root = await packageIn('..');
  const { dependencies } = await packageIn('.');
  const libraries = {
    'hyparquet-writer': root.dependencies?.['hyparquet-writer'],
    '@duckdb/node-api': root.devDependencies?.['@duckdb/node-api'],
    ...dependencies,
  };
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return [
    `- ${[cpus()[0]?.model.trim(), `${cpus().length} cores`, memory, platform(), arch()].join(', ')}`,
    `- Node ${process.versions.node}`,
    ...Object.entries(libraries).map(([name, version]) => `- ${name} ${version}`),
  ].join('\n');
}

interface Package {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

async function packageIn(folder: string): Promise<Package> {
  const text = await readFile(join(import.meta.dirname, folder, 'package.json'), 'utf8');
  return JSON.parse(text) as Package;
}
