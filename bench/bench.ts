import { Command, InvalidArgumentError, Option } from 'commander';
import { type CandidateName, candidateNames } from './candidates/candidates.ts';
import { roundsTable } from './report/rounds-table.ts';
import { measure } from './rounds/measure.ts';
import { planFor } from './rounds/plan.ts';

interface Arguments {
  readonly quick?: true;
  readonly only?: readonly CandidateName[];
  readonly records?: readonly number[];
}

const {
  quick = false,
  only = candidateNames,
  records,
} = new Command('npm run bench --')
  .description('Measures the converter against the limit and against other converters.')
  .option('--quick', 'fewer rounds and at most 100 000 records, in under two minutes')
  .addOption(new Option('--only <names>', `of: ${candidateNames.join(', ')}`).argParser(parseNames))
  .addOption(new Option('--records <numbers>', 'of records, such as 1,100000').argParser(parseNumbers))
  .parse()
  .opts<Arguments>();

const names: readonly CandidateName[] = ['parse', ...only.filter((name) => name !== 'parse')];
const sizes = records ?? [1, 100, 10_000, 100_000];
const progress = (message: string) => console.error(message);
const measurements = [];
for (const size of sizes)
  measurements.push(...(await measure(names, size, planFor(size, { quick }), progress)));
console.log(roundsTable(measurements));

function parseNames(text: string): CandidateName[] {
  return text.split(',').map((name) => {
    const known = candidateNames.find((candidate) => candidate === name);
    if (!known)
      throw new InvalidArgumentError(`Expected some of ${candidateNames.join(', ')}, got "${name}".`);
    return known;
  });
}

function parseNumbers(text: string): number[] {
  return text.split(',').map((number) => {
    if (!/^[1-9]\d*$/.test(number))
      throw new InvalidArgumentError(`Expected numbers of records, got "${number}".`);
    return Number(number);
  });
}
