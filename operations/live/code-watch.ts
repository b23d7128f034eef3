import { rmSync, watch } from 'node:fs';
import { cp, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type FunctionBundler, functionBundler } from '../../local/bundle.ts';
import type { Runtime } from '../../local/runtime.ts';
import { type LoggingFunction, loggingFunctions } from '../../shared/outputs.ts';
import { watchFiles } from './watch-files.ts';

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
  readonly #stops: readonly (() => void)[];
  readonly #bundler: Promise<FunctionBundler>;
  #timer: NodeJS.Timeout | undefined;
  #last: Promise<void>;
  #builds = 0;
  /** Bundles that a function may still be starting from: they are removed when the next one is replaced. */
  readonly #replaced = new Map<LoggingFunction, string>();
  #hasFailed = false;

  constructor(options: CodeWatchOptions) {
    this.#options = options;
    const { root, directory, onStackChanged } = options;
    const folder = (name: string, onChange: (file: string) => void) =>
      watchFiles(join(root, name), (file) => {
        if (file.endsWith('.ts')) onChange(relative(root, file));
      });
    /** One save is often more than one event. */
    const told = new Set<string>();
    const stackChanged = (file: string) => {
      if (!told.has(file)) onStackChanged(file);
      told.add(file);
    };
    const config = watch(root, (_, file) => {
      if (file === 'cdk.json') stackChanged(file);
    });
    // One that fails tells of nothing more; thrown, it would end the process.
    config.on('error', () => config.close());
    this.#stops = [
      ...['functions', 'shared'].map((name) => folder(name, () => this.#changed())),
      folder('cdk', stackChanged),
      () => config.close(),
    ];
    // Of one that was killed.
    rmSync(directory, { recursive: true, force: true });
    this.#bundler = functionBundler(root, loggingFunctions, join(directory, 'new'));
    // Everything is read once now, so that a change takes no longer than that change.
    this.#last = this.#bundler.then((bundler) => bundler.bundle()).catch(() => {});
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    for (const stop of this.#stops) stop();
    await this.#last;
    await this.#bundler.then((bundler) => bundler.close()).catch(() => {});
    await rm(this.#options.directory, { recursive: true, force: true });
  }

  #changed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#last = this.#last.then(() => this.#rebuild());
    }, quiet);
  }

  async #rebuild(): Promise<void> {
    const { directory, runtime, onReloaded, onFailed } = this.#options;
    const start = performance.now();
    try {
      await (await this.#bundler).bundle();
      const replaced: LoggingFunction[] = [];
      for (const name of loggingFunctions) {
        const lambda = `${name}-function`;
        const built = join(directory, 'new', name);
        if (await isSame(built, runtime.bundleOf(lambda))) continue;
        // Of its own, as the next build writes over this one while the function may be starting.
        const bundle = join(directory, String(this.#builds++));
        await cp(built, bundle, { recursive: true });
        const previous = runtime.bundleOf(lambda);
        await runtime.deploy(lambda, bundle);
        const outdated = this.#replaced.get(name);
        if (outdated !== undefined) await rm(outdated, { recursive: true, force: true });
        // The first one is the deployed stack's.
        if (dirname(previous) === directory) this.#replaced.set(name, previous);
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
