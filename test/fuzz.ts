import { Command, Option } from 'commander';
import { runJest, wholeNumber } from './run-jest.ts';

const command = new Command('npm run test:fuzz --')
  .description('Runs the property tests of reading and writing on one seed after the other, until one fails.')
  .addOption(new Option('--seed <seed>', 'the first of them').argParser(wholeNumber).default(1))
  .addOption(new Option('--minutes <minutes>', 'how long').argParser(wholeNumber).default(10))
  .parse();
const { seed: first, minutes } = command.opts<{ seed: number; minutes: number }>();

const tests = [
  'convert/properties/(rows-or-failure|same-rows)',
  'parquet/row-groups',
  'reader/(json-text|frame-reader|known-shapes|nested-rows)',
  'rows/text-dictionary',
];
const end = performance.now() + minutes * 60_000;

for (let seed = first; performance.now() < end && !process.exitCode; seed++) {
  console.log(`seed ${seed}, ${Math.ceil((end - performance.now()) / 60_000)} min left`);
  const files = `test/functions/(${tests.join('|')}).test.ts`;
  process.exitCode = await runJest(['--testTimeout=120000', files], { FC_SEED: String(seed), FC_SCALE: '4' });
  if (process.exitCode) console.log(`Again: npm run test:fuzz -- --seed ${seed} --minutes 1`);
}
