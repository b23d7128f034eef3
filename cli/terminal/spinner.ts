import { spinner } from '@clack/prompts';

/**
 * Shows a person that something goes on, on standard error; shows nothing where nobody looks. Only around work that
 * may be cut off anywhere: a spinner takes Ctrl-C for itself, and ends the process.
 */
export async function spinning<T>(message: string, work: () => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work();
  const spin = spinner({ output: process.stderr });
  spin.start(message);
  try {
    return await work();
  } finally {
    spin.clear();
  }
}
