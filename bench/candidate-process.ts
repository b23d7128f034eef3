import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { CandidateName } from './candidates.ts';
import { dataDirectory, type Input } from './input.ts';

/** What one piece of work took. */
export interface Usage {
  /** Elapsed milliseconds. */
  readonly wall: number;
  /** Milliseconds of CPU time, user and system, of all threads. */
  readonly cpu: number;
  /** The most resident memory that the process has had so far, in bytes. */
  readonly peak: number;
}

export interface Request {
  /** Convert in memory; the same, and write the file; or convert from file to file. */
  readonly work: 'convert' | 'write' | 'stream';
  /** One file per table. */
  readonly to?: readonly string[];
  /** Milliseconds to convert for, again and again. */
  readonly atLeast?: number;
}

export type Answer = { readonly usage: Usage } | { readonly error: string };

const bundles = join(dataDirectory, 'worker');

/** Bundles the worker, as Lambda's code is: in a process that strips types, Node's compiler counts as memory. */
export async function bundleWorker(): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, 'worker.ts')],
    outdir: bundles,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'warning',
  });
}

/** A candidate in a process of its own, which does one thing at a time. */
export class CandidateProcess {
  readonly #process: ChildProcess;

  constructor(name: CandidateName, input: Input) {
    this.#process = fork(join(bundles, 'worker.mjs'), [name, JSON.stringify(input)], {
      // Standard output is for the results.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  /** @throws {Error} with what the candidate said, or how its process ended */
  async ask(request: Request): Promise<Usage> {
    if (!this.#alive) throw new Error('The process has ended.');
    const settled = new AbortController();
    const { signal } = settled;
    try {
      const answered = once(this.#process, 'message', { signal }).then(([answer]) => answer as Answer);
      const ended = once(this.#process, 'exit', { signal }).then(([code, by]) => ({
        error: `The process ended (${by ?? `exit code ${code}`}).`,
      }));
      this.#process.send(request);
      const answer = await Promise.race([answered, ended]);
      if ('error' in answer) throw new Error(answer.error);
      return answer.usage;
    } finally {
      settled.abort();
    }
  }

  async close(): Promise<void> {
    if (!this.#alive) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }

  get #alive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }
}
