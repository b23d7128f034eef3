/**
 * Runs work that has something to put back when it is stopped: the first Ctrl-C, or the end of its terminal, aborts
 * the signal and is waited for, the second ends the process.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const listeners = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => {
    const listener = () => stop.abort(new Error(`Stopped by ${name}.`));
    process.once(name, listener);
    return [name, listener] as const;
  });
  try {
    return await work(stop.signal);
  } finally {
    for (const [name, listener] of listeners) process.off(name, listener);
  }
}
