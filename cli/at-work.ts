import { type ConnectOptions, connect, type Deployed, type Target } from '../operations/deployed.ts';
import { announce } from './terminal/announcement.ts';
import { interruptible } from './terminal/interruption.ts';

/** Connects to a deployment for as long as a command works on it. Ctrl-C has it give everything back. */
export function atWork<T>(
  target: Target,
  work: (deployed: Deployed, signal: AbortSignal) => Promise<T>,
  options: Pick<ConnectOptions, 'create' | 'api'> = {},
): Promise<T> {
  return interruptible(async (signal) => {
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
