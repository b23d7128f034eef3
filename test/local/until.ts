import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves once the condition holds.
 * @throws {Error} after 15 seconds: a wait in vain that went on would keep the test run from ending
 */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${condition}`);
    await delay(5);
  }
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
