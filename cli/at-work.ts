import { type ConnectOptions, connect, type Scheduled, type Target } from '../operations/deployed.ts';
import { observing } from '../operations/observed.ts';
import { announce } from './terminal/announcement.ts';
import { interruptible } from './terminal/interruption.ts';

interface WorkOptions extends Pick<ConnectOptions, 'create' | 'api'> {
  /** Only looks: starts and locks nothing, so it answers while the local pipeline runs. */
  readonly dryRun?: boolean | undefined;
}

/** Connects to a deployment for as long as a command works on it. Ctrl-C has it give everything back. */
export function atWork<T>(
  target: Target,
  work: (deployed: Scheduled, signal: AbortSignal) => Promise<T>,
  { dryRun = false, ...options }: WorkOptions = {},
): Promise<T> {
  return interruptible(async (signal) => {
    if (dryRun) return observing(target, (observed) => work({ ...observed, runtime: undefined }, signal));
    let heard = () => {};
    const onProgress = (doing: string) => {
      heard();
      heard = announce(doing);
    };
    const deployed = await connect(target, { ...options, onProgress, signal }).finally(() => heard());
    try {
      return await work(deployed, signal);
    } finally {
      await deployed.close();
    }
  });
}
