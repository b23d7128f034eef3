import { Command, InvalidArgumentError } from 'commander';
import { bundleWorker } from './candidate-process.ts';
import { type CandidateName, candidateNames, candidates } from './candidates.ts';
import { type InputName, inputNames, inputOf, sizesOf, tablesOf } from './input.ts';
import { compaction, scans } from './lake.ts';
import { measure } from './measure.ts';
import { compactionTable, scanTable, table, titleOf, writeResults } from './report.ts';

const {
  quick,
  only,
  input: inputs,
  records,
  streams,
  lake,
} = new Command('npm run bench --')
  .description('Measures the converter and others as multiples of the limit: decode and JSON.parse.')
  .option('--quick', 'fewer rounds and sizes, in about two minutes')
  .option('--only <names>', `some of ${candidateNames.join(', ')}`, namesAmong(candidateNames))
  .option('--input <names>', `some of ${inputNames.join(', ')}`, namesAmong(inputNames))
  .option('--records <numbers>', 'only these sizes, in memory', numbersIn)
  .option('--streams <numbers>', 'only these sizes, from file to file', numbersIn)
  .option('--lake', 'only the files of a table, before and after compacting')
  .addHelpText(
    'after',
    `
Without options it measures everything and writes RESULTS.md. Examples:
  npm run bench -- --quick
  npm run bench -- --input current --records 1,100000
  npm run bench -- --input current --streams 250000
  npm run bench -- --only ours,duckdb
  npm run bench -- --lake`,
  )
  .parse()
  .opts<{
    quick?: true;
    only?: readonly CandidateName[];
    input?: readonly InputName[];
    records?: readonly number[];
    streams?: readonly number[];
    lake?: true;
  }>();

const parts = [
  {
    plan: { streamed: false, processes: quick ? 1 : 3, rounds: quick ? 3 : 5 },
    asked: records,
    usual: 'records',
  },
  { plan: { streamed: true, processes: 1, rounds: quick ? 1 : 3 }, asked: streams, usual: 'streams' },
] as const;
const began = performance.now();
const tables: string[] = [];
if (!lake) await bundleWorker();
for (const name of lake ? [] : (inputs ?? inputNames)) {
  const own = sizesOf(name);
  const isNested = tablesOf(name).length > 1;
  for (const { plan, asked, usual } of parts) {
    const sizes = own[usual].filter((size) => !quick || own.quick.includes(size));
    for (const size of asked ?? (records || streams ? [] : sizes)) {
      // Rounds of so many are long, and some candidates hold several times what they read.
      const isLarge = size > 250_000;
      const names = (only ?? candidateNames).filter(
        (one) =>
          (!(plan.streamed || isLarge) || candidates[one].streams) && (!isNested || candidates[one].nests),
      );
      progress(`${name}, ${size}: input`);
      const input = await inputOf(name, size);
      const measurements = await measure(
        names,
        input,
        isLarge ? { ...plan, rounds: Math.min(plan.rounds, 2) } : plan,
        (message) => progress(`${titleOf(input)}: ${message}`),
      );
      if (measurements.some((measurement) => 'failed' in measurement)) process.exitCode = 1;
      tables.push(table(input, plan, measurements));
      console.log(`\n${tables.at(-1)}`);
    }
  }
}
if (lake || !(only || inputs || records || streams)) {
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
const complete = !quick && !only && !inputs && !records && !streams && !lake;
if (complete && !process.exitCode) await writeResults(tables);

/** On standard error: standard output is for the tables. */
function progress(message: string): void {
  console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${message}`);
}

function namesAmong<Name extends string>(names: readonly Name[]) {
  return (text: string): Name[] =>
    text.split(',').map((name) => {
      const found = names.find((one) => one === name);
      if (!found) throw new InvalidArgumentError(`Expected some of ${names.join(', ')}; got "${name}".`);
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
