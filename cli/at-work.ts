import { type ConnectOptions, connect, type Reached, type Target } from '../operations/deployed.ts';
import { observing } from '../operations/observed.ts';
import { announce } from './terminal/announcement.ts';
import { interruptible } from './terminal/interruption.ts';

interface WorkOptions extends Pick<ConnectOptions, 'create'> {
  /** Looks only: nothing is started or locked, so it answers while the pipeline on this computer runs. */
  readonly dryRun?: boolean | undefined;
}

/** Connects to a deployment for as long as a command works on it. Ctrl-C has it give everything back. */
export function atWork<T>(
  target: Target,
  work: (deployed: Reached, signal: AbortSignal) => Promise<T>,
  { create = false, dryRun = false }: WorkOptions = {},
): Promise<T> {
  return interruptible(async (signal) => {
    if (dryRun) return observing(target, (observed) => work({ ...observed, runtime: undefined }, signal));
    let heard = () => {};
    const onProgress = (doing: string) => {
      heard();
      heard = announce(doing);
    };
    const deployed = await connect(target, { create, onProgress, signal }).finally(() => heard());
    try {
      return await work(deployed, signal);
    } finally {
      await deployed.close();
    }
  });
}
