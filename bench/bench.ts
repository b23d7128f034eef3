import { readArguments } from './arguments.ts';
import { measureBundles } from './bundles/measure-bundles.ts';
import { entryOf } from './candidates/candidates.ts';
import { installPeers } from './peers.ts';
import { onScreen } from './report/grid.ts';
import { bundlesGrid, roundsGrids, streamsGrid } from './report/grids.ts';
import type { Results } from './report/results.ts';
import { writeResults } from './report/results-file.ts';
import { targetsGrid } from './report/targets.ts';
import { measure } from './rounds/measure.ts';
import { measureStream } from './stream/measure-stream.ts';
import { streamedSizes } from './stream/sizes.ts';

const { quick, only, records, parts, complete } = readArguments();
const began = performance.now();
/** Whether something could not be measured at all: then nothing is kept. */
let broken = false;

/** On standard error: standard output is for the results. */
const progress = (message: string) => {
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${message}`);
};

const measurements = (parts.includes('rounds') ? await measureRounds() : []).flat();
const streams = parts.includes('streams') ? await measureStreams() : [];
const bundles = (parts.includes('bundles') ? await measureFunctions() : []).flat();
const results: Results = { measurements, streams, bundles };
const grids = [
  ...(only.includes('ours') ? [targetsGrid(results, { all: complete })] : []),
  ...roundsGrids(measurements),
  ...(streams.length > 0 ? [streamsGrid(streams)] : []),
  ...(bundles.length > 0 ? [bundlesGrid(bundles)] : []),
];
for (const grid of grids) console.log(onScreen(grid));
// It stands in the table, and was said at length above.
if (measurements.some((measurement) => 'failed' in measurement && measurement.failed)) process.exitCode = 1;
if (complete && !broken) await writeResults(grids);

async function measureRounds() {
  if (only.some((name) => entryOf(name).peer)) await installPeers(progress);
  const sizes = records ?? (quick ? [1, 10_000, 100_000] : [1, 100, 10_000, 100_000, 1_000_000]);
  return attempts(sizes.map((size) => () => measure(only, size, quick, progress)));
}

function measureStreams() {
  const sizes = records ?? (quick ? [100_000] : streamedSizes);
  return attempts(sizes.map((size) => () => measureStream(size, quick ? 1 : 3, progress)));
}

function measureFunctions() {
  return attempts([() => measureBundles(quick ? 5 : 21, progress)]);
}

/** One after the other. What fails is said, and takes nothing of the rest along. */
async function attempts<T>(works: readonly (() => Promise<T>)[]): Promise<T[]> {
  const done: T[] = [];
  for (const work of works) {
    try {
      done.push(await work());
    } catch (error) {
      console.error(error);
      process.exitCode = 1;
      broken = true;
    }
  }
  return done;
}
