import { Command, Option } from 'commander';
import { runJest, wholeNumber } from '../../run-jest.ts';

const command = new Command('npm run test:faults --')
  .description('Runs the fault suite on more seeds than npm test does, or on one of them again.')
  .addOption(new Option('--seeds <count>', 'this many, from 1').argParser(wholeNumber).default(100))
  .addOption(new Option('--from <seed>', 'the first of them').argParser(wholeNumber).default(1))
  .addOption(new Option('--seed <seed>', 'this one only').argParser(wholeNumber).conflicts(['from']))
  .parse();
const { seeds, from, seed } = command.opts<{ seeds: number; from: number; seed?: number }>();

process.exitCode = await runJest(['--config', 'jest.deep.config.js', 'test/e2e/faults/seeds.deep.test.ts'], {
  FAULT_SEEDS: seed === undefined ? `${from},${seeds}` : `${seed},1`,
});
