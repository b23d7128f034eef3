import { type Invocation, type InvocationFault, Sandbox, type SandboxSettings } from './sandbox.ts';

export interface FunctionSettings extends SandboxSettings {
  readonly name: string;
  /** Told how each invocation ended, before its caller is. */
  readonly onInvocation?: (ok: boolean) => void;
  /** What goes wrong with an invocation. */
  readonly fault?: (event: unknown) => InvocationFault | undefined;
}

/** A deployed function: warm sandboxes are used again, one event at a time each; another is started when all are busy. */
export class FunctionRuntime {
  readonly settings: FunctionSettings;
  readonly #idle: Sandbox[] = [];
  readonly #all = new Set<Sandbox>();
  #closed = false;

  constructor(settings: FunctionSettings) {
    this.settings = settings;
  }

  async invoke(event: unknown): Promise<Invocation> {
    if (this.#closed) throw new Error(`${this.settings.name} is shut down.`);
    const fault = this.settings.fault?.(event);
    const sandbox = (fault?.memory === undefined && this.#takeIdle()) || this.#start(fault?.memory);
    await fault?.before?.(sandbox);
    const answer = sandbox.invoke(event, fault?.timeout);
    void fault?.during?.(sandbox);
    const invocation = await answer;
    if (fault?.memory !== undefined) await sandbox.kill(); // The next invocation gets what is declared.
    this.settings.onInvocation?.(invocation.ok);
    if (sandbox.alive && !this.#closed) this.#idle.push(sandbox);
    else this.#all.delete(sandbox);
    return invocation;
  }

  /** Kills every sandbox that is at work, at any point of it: what AWS's own failures look like. */
  async crash(): Promise<void> {
    const busy = [...this.#all].filter((sandbox) => !this.#idle.includes(sandbox));
    await Promise.all(busy.map((sandbox) => sandbox.kill()));
  }

  /** Kills every sandbox, also a working one, and waits until the processes are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((sandbox) => sandbox.kill()));
  }

  /** One that has not ended since its last answer. */
  #takeIdle(): Sandbox | undefined {
    for (;;) {
      const sandbox = this.#idle.pop();
      if (!sandbox || sandbox.alive) return sandbox;
      this.#all.delete(sandbox);
    }
  }

  #start(memory = this.settings.memory): Sandbox {
    const sandbox = new Sandbox({ ...this.settings, memory });
    this.#all.add(sandbox);
    return sandbox;
  }
}
