export interface FunctionSettings {
  readonly name: string;
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
  /** Told how each invocation ended, before its caller is. */
  readonly onInvocation?: (ok: boolean) => void;
  /** What goes wrong with an invocation. */
  readonly fault?: (event: unknown) => InvocationFault | undefined;
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
  readonly before?: (sandbox: Breakable) => unknown;
  /** Begins when the event was handed over. */
  readonly during?: (sandbox: Breakable) => Promise<unknown>;
}

/** A sandbox, as far as faults reach it. After its process has ended, none of these does anything. */
export interface Breakable {
  kill(): Promise<void>;
  /** Stops it where it is, as Lambda does with an idle environment. */
  freeze(): void;
  thaw(): void;
}

/** How an invocation ended, as the caller of Lambda sees it. */
export type Invocation =
  | { readonly ok: true; readonly response: unknown }
  | { readonly ok: false; readonly error: { readonly type: string; readonly message: string } };

/** What a sandbox is sent. */
export interface InvokeMessage {
  readonly event: unknown;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly deadline: number;
}

/** What it answers. */
export interface ResultMessage {
  readonly invocation: Invocation;
}
