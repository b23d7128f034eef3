import { setTimeout as delay } from 'node:timers/promises';
import { lockState, StateInUseError, type StateLock } from '../../local/aws/state-lock.ts';

export interface FreeStateOptions {
  readonly stateDir: string;
  /** Wait until another run releases the state directory, instead of failing. */
  readonly wait: boolean;
  readonly signal: AbortSignal;
  /** Told what is waited for, as long as it is. */
  readonly onWait: (wait: string) => void;
}

/** Milliseconds between two looks at whether the state directory is free. */
const lockPause = 200;

/** Locks the state directory. */
export async function lockWhenFree({ stateDir, wait, signal, onWait }: FreeStateOptions): Promise<StateLock> {
  for (let said = false; ; said = true) {
    try {
      return lockState(stateDir);
    } catch (error) {
      if (!(error instanceof StateInUseError)) throw error;
      if (!wait) {
        throw new Error(
          `The state directory ${stateDir} is in use by ${error.holder}. Wait for it with --wait, or give this run a directory of its own: --state DIR`,
          { cause: error },
        );
      }
      if (!said) onWait(`${stateDir} is in use by ${error.holder}: waiting for it to end`);
    }
    await delay(lockPause, undefined, { signal });
  }
}
