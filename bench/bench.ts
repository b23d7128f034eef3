import { Command, InvalidArgumentError } from 'commander';
import { bundleWorker } from './candidate-process.ts';
import { type CandidateName, candidateNames, candidates } from './candidates.ts';
import { inputNames, inputOf, shareOf, tablesOf } from './input.ts';
import { compaction, scans } from './lake.ts';
import { measure, type Plan } from './measure.ts';
import { compactionTable, scanTable, table, titleOf, writeResults } from './report.ts';

const { quick, only, records, streams, lake } = new Command('npm run bench --')
  .description('Measures the converter and others as multiples of the limit: decode and JSON.parse.')
  .option('--quick', 'fewer rounds and at most 100 000 records, in about two minutes')
  .option('--only <names>', `some of ${candidateNames.join(', ')}`, namesIn)
  .option('--records <numbers>', 'only these sizes, in memory', numbersIn)
  .option('--streams <numbers>', 'only these sizes, from file to file', numbersIn)
  .option('--lake', 'only the files of a table, before and after compacting')
  .addHelpText(
    'after',
    `
Without options it measures everything and writes RESULTS.md. Examples:
  npm run bench -- --quick
  npm run bench -- --only ours,duckdb --records 1,100000
  npm run bench -- --only ours --streams 250000
  npm run bench -- --lake`,
  )
  .parse()
  .opts<{
    quick?: true;
    only?: readonly CandidateName[];
    records?: readonly number[];
    streams?: readonly number[];
    lake?: true;
  }>();

const parts: readonly { readonly plan: Plan; readonly sizes: readonly number[] }[] = [
  {
    plan: { streamed: false, processes: quick ? 1 : 3, rounds: quick ? 3 : 5 },
    sizes: records ?? (streams ? [] : quick ? [1, 10_000, 100_000] : [1, 100, 10_000, 100_000]),
  },
  {
    plan: { streamed: true, processes: 1, rounds: quick ? 1 : 3 },
    sizes: streams ?? (records ? [] : quick ? [100_000] : [100_000, 250_000]),
  },
];
const began = performance.now();
const tables: string[] = [];
if (!lake) await bundleWorker();
for (const name of lake ? [] : inputNames) {
  const isNested = tablesOf(name).length > 1;
  for (const { plan, sizes } of parts) {
    const names = (only ?? candidateNames).filter(
      (one) => (!plan.streamed || candidates[one].streams) && (!isNested || candidates[one].nests),
    );
    for (const size of (records ?? streams) ? sizes : new Set(sizes.map((each) => shareOf(name, each)))) {
      progress(`${name}, ${size}: input`);
      const input = await inputOf(name, size);
      const measurements = await measure(names, input, plan, (message) =>
        progress(`${titleOf(input)}: ${message}`),
      );
      if (measurements.some((measurement) => 'failed' in measurement)) process.exitCode = 1;
      tables.push(table(input, plan, measurements));
      console.log(`\n${tables.at(-1)}`);
    }
  }
}
if (lake || !(only || records || streams)) {
  for (const [places, days] of quick
    ? ([[1, 30]] as const)
    : ([
        [1, 365],
        [100, 30],
      ] as const)) {
    const found = await scans(places, days, quick ? 3 : 5, (message) =>
      progress(`lake, ${places} × ${days}: ${message}`),
    );
    tables.push(scanTable(places, days, found));
    console.log(`\n${tables.at(-1)}`);
  }
  progress('compacting a day');
  tables.push(
    compactionTable([await compaction(1, quick ? 20 : 100), await compaction(1000, quick ? 3 : 15)]),
  );
  console.log(`\n${tables.at(-1)}`);
}
const complete = !quick && !only && !records && !streams && !lake;
if (complete && !process.exitCode) await writeResults(tables);

/** On standard error: standard output is for the tables. */
function progress(message: string): void {
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${message}`);
}

function namesIn(text: string): CandidateName[] {
  return text.split(',').map((name) => {
    const found = candidateNames.find((one) => one === name);
    if (!found)
      throw new InvalidArgumentError(`Expected some of ${candidateNames.join(', ')}; got "${name}".`);
    return found;
  });
}

function numbersIn(text: string): number[] {
  return text.split(',').map((number) => {
    if (!/^[1-9]\d*$/.test(number))
      throw new InvalidArgumentError(`Expected numbers of records; got "${number}".`);
    return Number(number);
  });
}
