import { inspect } from 'node:util';

export interface Output {
  lines(): string[];
  restore(): void;
}

/** Everything that is written to standard output, standard error, the console and as a warning of Node's. */
export function captureOutput(): Output {
  const written: string[] = [];
  const restorers: (() => void)[] = [];
  const methods = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const;
  const onWarning = (warning: Error) => written.push(inspect(warning, { depth: null, showHidden: true }));
  process.on('warning', onWarning);
  restorers.push(() => process.off('warning', onWarning));
  for (const stream of [process.stdout, process.stderr]) {
    const { write } = stream;
    stream.write = (chunk: Uint8Array | string) => {
      written.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
      return true;
    };
    restorers.push(() => {
      stream.write = write;
    });
  }
  for (const method of methods) {
    const original = console[method];
    console[method] = (...values: unknown[]) => {
      written.push(
        ...values.map((value) =>
          typeof value === 'string' ? value : inspect(value, { depth: null, showHidden: true }),
        ),
      );
    };
    restorers.push(() => {
      console[method] = original;
    });
  }
  return {
    lines: () => written.join('\n').split('\n'),
    restore: () => {
      for (const restore of restorers) restore();
    },
  };
}
