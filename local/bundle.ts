import { join } from 'node:path';
import { type BuildOptions, context } from 'esbuild';
import { bundling } from '../shared/bundling.ts';

export interface FunctionBundler {
  /** Bundles each function into a folder of its own. @throws {Error} with what esbuild said */
  bundle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Bundles functions as the CDK does. From the second time on, only what changed is read again.
 * @param root of the project
 * @param folders below `functions/`
 */
export async function functionBundler(
  root: string,
  folders: readonly string[],
  directory: string,
): Promise<FunctionBundler> {
  const options: BuildOptions = {
    ...bundling,
    bundle: true,
    platform: 'node',
    format: 'esm',
    absWorkingDir: root,
    entryPoints: folders.map((folder) => ({
      in: join('functions', folder, 'handler.ts'),
      out: join(folder, 'index'),
    })),
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    logLevel: 'silent',
  };
  const building = await context(options);
  return {
    async bundle() {
      await building.rebuild();
    },
    close: () => building.dispose(),
  };
}
