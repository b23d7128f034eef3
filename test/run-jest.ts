import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { InvalidArgumentError } from 'commander';

/** @returns the exit code of jest with these arguments */
export async function runJest(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const flags = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules'];
  const jest = spawn(process.execPath, [...flags, 'node_modules/jest/bin/jest.js', ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  const [code] = await once(jest, 'exit');
  return code ?? 1;
}

/** Reads an option. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}
