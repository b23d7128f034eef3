import { spawn } from 'node:child_process';
import { Command, InvalidArgumentError, Option } from 'commander';

const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
};

const command = new Command('npm run test:faults --')
  .description('Runs the fault suite on more seeds than npm test does, or on one of them again.')
  .addOption(new Option('--seeds <count>', 'this many, from 1').argParser(wholeNumber).default(100))
  .addOption(new Option('--from <seed>', 'the first of them').argParser(wholeNumber).default(1))
  .addOption(new Option('--seed <seed>', 'this one only').argParser(wholeNumber).conflicts(['from']))
  .parse();
const { seeds, from, seed } = command.opts<{ seeds: number; from: number; seed?: number }>();

const jest = spawn(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    '--config',
    'jest.deep.config.js',
    'test/e2e/faults/seeds.deep.test.ts',
  ],
  {
    stdio: 'inherit',
    env: { ...process.env, FAULT_SEEDS: seed === undefined ? `${from},${seeds}` : `${seed},1` },
  },
);
jest.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
