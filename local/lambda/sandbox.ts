import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface SandboxSettings {
  /** Folder of the bundle. */
  readonly directory: string;
  /** `file.export`, as Lambda has it. */
  readonly handler: string;
  /** The whole environment of the process: what the template declares and what Lambda adds. */
  readonly environment: Readonly<Record<string, string>>;
  /** MiB */
  readonly memory: number;
  /** Milliseconds */
  readonly timeout: number;
  /** Gets each line that the function prints. */
  readonly onLog: (line: string) => void;
  /** Milliseconds by which its clock is ahead. */
  readonly clockAhead?: number;
}

/** What goes wrong with one invocation. */
export interface InvocationFault {
  /** It gets a new sandbox with so many MiB instead of the declared ones. */
  readonly memory?: number;
  /** Milliseconds, instead of the declared ones. */
  readonly timeout?: number;
  /** Waited for before the event is handed over. */
  readonly before?: (sandbox: Sandbox) => unknown;
  /** Begins when the event was handed over. */
  readonly during?: (sandbox: Sandbox) => Promise<unknown>;
}

/** How an invocation ended, as the caller of Lambda sees it. */
export type Invocation =
  | { readonly ok: true; readonly response: unknown }
  | { readonly ok: false; readonly error: { readonly type: string; readonly message: string } };

/** What a sandbox is sent. It answers with an `Invocation`. */
export interface InvokeMessage {
  readonly event: unknown;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly deadline: number;
}

const entry = fileURLToPath(new URL('sandbox-process.ts', import.meta.url));

/**
 * One execution environment: a process of its own with the function's environment and memory, that can be killed at
 * any moment without harm to anything else. It ends with its parent, however that ends.
 */
export class Sandbox {
  readonly #settings: SandboxSettings;
  readonly #process: ChildProcess;
  readonly #exit: Promise<unknown>;

  constructor(settings: SandboxSettings) {
    this.#settings = settings;
    this.#process = fork(entry, [settings.directory, settings.handler, String(settings.clockAhead ?? 0)], {
      env: settings.environment,
      execArgv: [`--max-old-space-size=${settings.memory}`],
      // Nobody writes to the last one: it tells the sandbox that its parent is gone (parent-watch.ts).
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
        ([invocation]) => invocation as Invocation,
      );
      answered.catch(() => {}); // Given up below, when one of the others came first.
      const exited = this.#exit.then(() => {
        const { exitCode, signalCode } = this.#process;
        const how = signalCode ?? `exit code ${exitCode}`;
        return failed('Runtime.ExitError', `The process ended with ${how}`);
      });
      const timedOut = new Promise<Invocation>((resolve) => {
        const timer = setTimeout(() => {
          resolve(failed('Sandbox.Timedout', `Timed out after ${timeout / 1000} s`));
        }, timeout);
        ended.signal.addEventListener('abort', () => clearTimeout(timer));
      });
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

  /** Stops it where it is, as Lambda does with an idle environment. Does nothing after its process has ended. */
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
}

const failed = (type: string, message: string): Invocation => ({ ok: false, error: { type, message } });
