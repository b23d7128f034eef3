import { writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { unusedCode } from './unused-code.ts';

/**
 * Bundles a function: `node cdk/bundle.ts ENTRY OUTPUT [METAFILE]`, the last for what esbuild tells of its inputs. A
 * process of its own, as esbuild's plugins are asynchronous and constructs are not.
 */
const [entry = '', output = '', metafile] = process.argv.slice(2);
const built = await build({
  entryPoints: [entry],
  outfile: output,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  minify: true,
  logLevel: 'warning',
  // What `unusedCode` empties.
  logOverride: { 'import-is-undefined': 'silent' },
  plugins: [unusedCode],
  metafile: true,
});
if (metafile) await writeFile(metafile, JSON.stringify(built.metafile));
