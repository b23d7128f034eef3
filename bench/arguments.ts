import { Command, InvalidArgumentError, Option } from 'commander';
import { type CandidateName, candidateNames } from './candidates/candidates.ts';

const parts = ['rounds', 'streams', 'bundles'] as const;

export interface Arguments {
  readonly quick: boolean;
  /** Beside the limit, which is always measured. */
  readonly only: readonly CandidateName[];
  /** Sizes to measure, in records, instead of the usual. */
  readonly records: readonly number[] | undefined;
  readonly parts: readonly (typeof parts)[number][];
  /** Whether this is the whole, which is worth keeping. */
  readonly complete: boolean;
}

export function readArguments(): Arguments {
  const command = new Command('npm run bench --')
    .description('Measures the converter against the limit (decode and JSON.parse) and against others.')
    .option('--quick', 'fewer rounds and at most 100 000 records, in under two minutes; keeps no results')
    .addOption(
      new Option('--only <names>', `some of ${candidateNames.join(', ')}`)
        .argParser((text) => listOf(text, candidateNames))
        .default(candidateNames, 'all'),
    )
    .option('--records <numbers>', 'sizes, such as 1,100000', parseNumbers)
    .addOption(
      new Option('--parts <names>', `some of ${parts.join(', ')}`)
        .argParser((text) => listOf(text, parts))
        .default(parts, 'all; only rounds, when candidates or sizes are named'),
    )
    .addHelpText('after', help)
    .parse();
  const { quick = false, only, records, ...options } = command.opts<Partial<Arguments>>();
  const given = (name: string) => command.getOptionValueSource(name) === 'cli';
  const narrowed = given('only') || given('records');
  return {
    quick,
    only: (only ?? []).filter((name) => name !== 'parse'),
    records,
    parts: narrowed && !given('parts') ? ['rounds'] : (options.parts ?? parts),
    complete: !quick && !narrowed && !given('parts'),
  };
}

function listOf<const T extends string>(text: string, known: readonly T[]): T[] {
  return text.split(',').map((name) => {
    const found = known.find((one) => one === name);
    if (!found) throw new InvalidArgumentError(`Expected some of ${known.join(', ')}; got "${name}".`);
    return found;
  });
}

function parseNumbers(text: string): number[] {
  return text.split(',').map((number) => {
    if (!/^[1-9]\d*$/.test(number))
      throw new InvalidArgumentError(`Expected numbers of records, got "${number}".`);
    return Number(number);
  });
}

const help = `
Examples:
  npm run bench
  npm run bench -- --quick
  npm run bench -- --only ours --records 100000
  npm run bench -- --parts streams --records 1000000`;
