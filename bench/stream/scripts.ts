import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { dataDirectory } from '../input/data-directory.ts';
import type { Usage } from './usage.ts';

const names = ['bare', 'parse', 'ours'] as const;
const folder = join(dataDirectory, 'stream');

/** Bundles what runs in a process of its own, as Lambda's code is: Node's own TypeScript would count as their memory. */
export async function bundleScripts(): Promise<void> {
  await build({
    entryPoints: names.map((name) => fileURLToPath(new URL(`${name}.ts`, import.meta.url))),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
}

/** Runs one from start to end. @throws {Error} with what it said, when it fails */
export async function runScript(name: (typeof names)[number], ...args: readonly string[]): Promise<Usage> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, `${name}.mjs`), ...args]);
  return JSON.parse(stdout) as Usage;
}
