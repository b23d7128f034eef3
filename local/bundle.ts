import { join } from 'node:path';
import { build } from 'esbuild';
import { bundling } from '../shared/bundling.ts';

/**
 * Bundles functions as the CDK does, each into a folder of its own.
 * @param root of the project
 * @param folders below `functions/`
 * @throws {Error} with what esbuild said
 */
export async function bundleFunctions(
  root: string,
  folders: readonly string[],
  directory: string,
): Promise<void> {
  await build({
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
  });
}
