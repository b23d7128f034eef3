import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CandidateName } from '../candidates/candidates.ts';
import type { Answer, Request, Round } from './protocol.ts';

const child = fileURLToPath(new URL('candidate-child.ts', import.meta.url));

/** A candidate in a process of its own, which does one thing at a time and is idle between. */
export class CandidateProcess {
  readonly name: CandidateName;
  readonly #process: ChildProcess;

  constructor(name: CandidateName) {
    this.name = name;
    this.#process = fork(child, [name], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  }

  async load(path: string, records: number): Promise<void> {
    await this.#ask({ kind: 'load', path, records });
  }

  /** @param atLeast milliseconds to convert for, again and again; once at least */
  round(atLeast: number): Promise<Round> {
    return this.#ask<Round>({ kind: 'round', atLeast });
  }

  /** Has the Parquet file written; returns its bytes' number. */
  write(path: string): Promise<number> {
    return this.#ask<number>({ kind: 'write', path });
  }

  get alive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  async close(): Promise<void> {
    if (!this.alive) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }

  /** @throws {Error} with what the candidate said, or how its process ended */
  async #ask<T = unknown>(request: Request): Promise<T> {
    const { exitCode, signalCode } = this.#process;
    if (!this.alive) throw ended(exitCode, signalCode);
    const settled = new AbortController();
    const { signal } = settled;
    try {
      const answered = once(this.#process, 'message', { signal });
      const exited = once(this.#process, 'exit', { signal }).then(([code, by]) => {
        throw ended(code, by);
      });
      // Whichever loses is aborted below.
      exited.catch(() => {});
      this.#process.send(request);
      const [answer] = (await Promise.race([answered, exited])) as [Answer<T>];
      if ('error' in answer) throw new Error(answer.error);
      return answer.value;
    } finally {
      settled.abort();
    }
  }
}

function ended(code: number | null, signal: NodeJS.Signals | null): Error {
  return new Error(`The process ended (${signal ?? `exit code ${code}`}).`);
}
