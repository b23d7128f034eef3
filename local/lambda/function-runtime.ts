import { type Invocation, type InvocationFault, Sandbox, type SandboxSettings } from './sandbox.ts';

export interface FunctionSettings extends SandboxSettings {
  readonly name: string;
  /** Told when an invocation begins. */
  readonly onBegin?: () => void;
  /** Told how each invocation ended, and after how many milliseconds, before its caller is. */
  readonly onInvocation?: (ok: boolean, milliseconds: number) => void;
  /** What goes wrong with an invocation. */
  readonly fault?: (event: unknown) => InvocationFault | undefined;
}

/** A deployed function: warm sandboxes are used again, one event at a time each; another is started when all are busy. */
export class FunctionRuntime {
  readonly settings: FunctionSettings;
  readonly #idle: Sandbox[] = [];
  readonly #all = new Set<Sandbox>();
  #directory: string;
  #closed = false;

  constructor(settings: FunctionSettings) {
    this.settings = settings;
    this.#directory = settings.directory;
  }

  /** Folder of the bundle that new sandboxes run. */
  get directory(): string {
    return this.#directory;
  }

  get isAtWork(): boolean {
    return this.#all.size > this.#idle.length;
  }

  /** Replaces the code. Invocations under way end with the code that they began with. */
  async deploy(directory: string): Promise<void> {
    this.#directory = directory;
    await Promise.all(this.#idle.splice(0).map((sandbox) => this.#end(sandbox)));
  }

  async invoke(event: unknown): Promise<Invocation> {
    if (this.#closed) throw new Error(`${this.settings.name} is shut down.`);
    const fault = this.settings.fault?.(event);
    const directory = this.#directory;
    const begun = performance.now();
    this.settings.onBegin?.();
    const sandbox = (fault?.memory === undefined && this.#takeIdle()) || this.#start(fault?.memory);
    await fault?.before?.(sandbox);
    const answer = sandbox.invoke(event, fault?.timeout);
    void fault?.during?.(sandbox);
    const invocation = await answer;
    if (fault?.memory !== undefined) await sandbox.kill(); // The next invocation gets what is declared.
    const isOutdated = directory !== this.#directory;
    if (isOutdated) await this.#end(sandbox);
    else if (sandbox.alive && !this.#closed) this.#idle.push(sandbox);
    else this.#all.delete(sandbox);
    this.settings.onInvocation?.(invocation.ok, performance.now() - begun);
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
    const sandbox = new Sandbox({ ...this.settings, directory: this.#directory, memory });
    this.#all.add(sandbox);
    return sandbox;
  }

  async #end(sandbox: Sandbox): Promise<void> {
    this.#all.delete(sandbox);
    await sandbox.kill();
  }
}
