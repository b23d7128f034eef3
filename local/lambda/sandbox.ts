import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Breakable, FunctionSettings, Invocation, InvokeMessage, ResultMessage } from './invocation.ts';

const entry = fileURLToPath(new URL('sandbox-process.ts', import.meta.url));

/**
 * One execution environment: a process of its own with the function's environment and memory, that can be killed at
 * any moment without harm to anything else. It ends with its parent, however that ends.
 */
export class Sandbox implements Breakable {
  readonly #settings: FunctionSettings;
  readonly #process: ChildProcess;
  readonly #exit: Promise<unknown>;

  constructor(settings: FunctionSettings) {
    this.#settings = settings;
    this.#process = fork(entry, [settings.directory, settings.handler, String(settings.clockAhead ?? 0)], {
      env: settings.environment,
      execArgv: [`--max-old-space-size=${settings.memory}`],
      // The last is written by nobody: it tells the sandbox that its parent is gone (parent-watch.ts).
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
    });
    this.#exit = once(this.#process, 'close');
    for (const output of [this.#process.stdout, this.#process.stderr]) {
      if (output) createInterface({ input: output }).on('line', settings.onLog);
    }
  }

  get alive(): boolean {
    return this.#process.connected && this.#process.exitCode === null && !this.#process.killed;
  }

  /** Runs the handler on one event. A crash, an exhausted memory and a time-out are answers, as in Lambda. */
  async invoke(event: unknown, timeout = this.#settings.timeout): Promise<Invocation> {
    // A shorter time-out is a fault, of which the function is not told.
    const deadline = Date.now() + this.#settings.timeout;
    const message: InvokeMessage = { event, requestId: randomUUID(), deadline };
    const ended = new AbortController();
    try {
      const answered = once(this.#process, 'message', { signal: ended.signal }).then(
        ([answer]): Invocation => (answer as ResultMessage).invocation,
      );
      const exited = this.#exit.then((): Invocation => this.#crash());
      const timedOut = new Promise<Invocation>((resolve) => {
        const timer = setTimeout(() => {
          resolve({
            ok: false,
            error: { type: 'Sandbox.Timedout', message: `Timed out after ${timeout / 1000} s` },
          });
        }, timeout);
        ended.signal.addEventListener('abort', () => clearTimeout(timer));
      });
      answered.catch(() => {}); // Given up below, when one of the others came first.
      this.#process.send(message, (error) => {
        if (error) this.#settings.onLog(`The event could not be delivered: ${error.message}`);
      });
      const invocation = await Promise.race([answered, exited, timedOut]);
      // As Lambda does: after a time-out the environment is not used again.
      if (!invocation.ok && invocation.error.type === 'Sandbox.Timedout') await this.kill();
      return invocation;
    } finally {
      ended.abort();
    }
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exit;
  }

  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  /** Not by the child's own `kill`, which marks it as killed whatever the signal is. */
  #signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(pid, signal);
  }

  #crash(): Invocation {
    const { exitCode, signalCode } = this.#process;
    return {
      ok: false,
      error: {
        type: 'Runtime.ExitError',
        message: `The process ended with ${signalCode ?? `exit code ${exitCode}`}`,
      },
    };
  }
}
