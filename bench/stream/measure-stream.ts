import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { difference } from '../check/difference.ts';
import { dataDirectory } from '../input/data-directory.ts';
import { inputFile } from '../input/input-file.ts';
import type { Progress } from '../progress.ts';
import { count } from '../report/format.ts';
import { type Spread, spread } from '../rounds/spread.ts';
import { bundleScripts, runScript } from './scripts.ts';
import type { Usage } from './usage.ts';

/** What came of streaming one file through our converter, a process a run. */
export interface Stream {
  readonly records: number;
  /** Of the input. */
  readonly bytesIn: number;
  /** Of the Parquet file. */
  readonly bytesOut: number;
  /** Milliseconds. */
  readonly wall: Spread;
  /** Elapsed time as a multiple of the limit's, streamed as well, just before and after it. */
  readonly ratio: Spread;
  /** The same of the CPU's time, of all threads. */
  readonly cpuRatio: Spread;
  /** The highest resident memory of any run, in bytes: ours, the limit's, and that of a Node that does nothing. */
  readonly peak: { readonly ours: number; readonly parse: number; readonly bare: number };
}

/** @throws {Error} when the file that comes of it holds other values than the input */
export async function measureStream(records: number, rounds: number, progress: Progress): Promise<Stream> {
  const title = `${count(records)} records, streamed`;
  progress(`${title}: the input`);
  const input = await inputFile(records);
  await bundleScripts();
  const folder = join(dataDirectory, 'output');
  await mkdir(folder, { recursive: true });
  const output = join(folder, `streamed-${records}.parquet`);

  const bare = await runScript('bare');
  const limits = [await runScript('parse', input)];
  const ours: Usage[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`${title}: round ${round + 1} of ${rounds}`);
    ours.push(await runScript('ours', input, output));
    limits.push(await runScript('parse', input));
  }
  progress(`${title}: what was written is checked`);
  const different = await difference(output, input);
  if (different) throw new Error(`${title}: wrong: ${different}`);

  const ratio = (of: 'wall' | 'cpu') =>
    spread(
      ours.map(
        (usage, round) => (2 * usage[of]) / ((limits[round]?.[of] ?? 0) + (limits[round + 1]?.[of] ?? 0)),
      ),
    );
  const peak = (usages: readonly Usage[]) => Math.max(...usages.map((usage) => usage.peak));
  return {
    records,
    bytesIn: (await stat(input)).size,
    bytesOut: (await stat(output)).size,
    wall: spread(ours.map(({ wall }) => wall)),
    ratio: ratio('wall'),
    cpuRatio: ratio('cpu'),
    peak: { ours: peak(ours), parse: peak(limits), bare: bare.peak },
  };
}
