import { type FSWatcher, watch } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleFunctions } from '../../local/bundle.ts';
import type { Runtime } from '../../local/runtime.ts';
import { type LoggingFunction, loggingFunctions } from '../../shared/outputs.ts';

export interface CodeWatchOptions {
  /** Of the project. */
  readonly root: string;
  /** Where new bundles are put. */
  readonly directory: string;
  readonly runtime: Pick<Runtime, 'bundleOf' | 'deploy'>;
  readonly onReloaded: (functions: readonly LoggingFunction[], milliseconds: number) => void;
  /** The old code stays. */
  readonly onFailed: (reason: string) => void;
  /** Something changed that only a restart deploys. */
  readonly onStackChanged: (file: string) => void;
}

/** Milliseconds for which an editor may still be writing. */
const quiet = 80;

/** Rebuilds the functions when their code changes, and replaces those that are others now. */
export class CodeWatch {
  readonly #options: CodeWatchOptions;
  readonly #watchers: readonly FSWatcher[];
  #timer: NodeJS.Timeout | undefined;
  #last: Promise<void> = Promise.resolve();
  #builds = 0;
  #hasFailed = false;

  constructor(options: CodeWatchOptions) {
    this.#options = options;
    const { root, onStackChanged } = options;
    const folder = (name: string, onChange: (file: string) => void) =>
      watch(join(root, name), { recursive: true }, (_, file) => {
        if (file?.endsWith('.ts')) onChange(join(name, file));
      });
    this.#watchers = [
      ...['functions', 'shared'].map((name) => folder(name, () => this.#changed())),
      folder('cdk', onStackChanged),
      watch(root, (_, file) => {
        if (file === 'cdk.json') onStackChanged(file);
      }),
    ];
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
    await this.#last;
    await rm(this.#options.directory, { recursive: true, force: true });
  }

  #changed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#last = this.#last.then(() => this.#rebuild());
    }, quiet);
  }

  async #rebuild(): Promise<void> {
    const { root, directory, runtime, onReloaded, onFailed } = this.#options;
    const start = performance.now();
    const fresh = join(directory, String(this.#builds++));
    try {
      await bundleFunctions(root, loggingFunctions, fresh);
      const replaced: LoggingFunction[] = [];
      for (const name of loggingFunctions) {
        const lambda = `${name}-function`;
        const bundle = join(fresh, name);
        if (await isSame(bundle, runtime.bundleOf(lambda))) continue;
        await runtime.deploy(lambda, bundle);
        replaced.push(name);
      }
      // After a build that failed, also when the code is as it was.
      if (replaced.length > 0 || this.#hasFailed) onReloaded(replaced, performance.now() - start);
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      onFailed(error instanceof Error ? error.message : String(error));
    }
  }
}

async function isSame(...bundles: readonly [string, string]): Promise<boolean> {
  const [a, b] = await Promise.all(bundles.map((bundle) => readFile(join(bundle, 'index.mjs'))));
  return a !== undefined && b !== undefined && a.equals(b);
}
