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
