import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { planDeployment } from '../../local/deployment.ts';
import { synthesize } from '../../local/synthesize.ts';
import { readTemplate } from '../../local/template.ts';
import { dataDirectory } from '../input/data-directory.ts';
import type { Progress } from '../progress.ts';
import { type Spread, spread } from '../rounds/spread.ts';
import { type Start, startNode } from './start-node.ts';

/** One function, as it would be deployed. */
export interface Bundle {
  readonly name: string;
  /** Of its code, minified. */
  readonly bytes: number;
  /** Milliseconds that a process takes longer when it loads the bundle than when it loads nothing. */
  readonly load: Spread;
  /** The same of the CPU's time, of all threads. */
  readonly loadCpu: Spread;
}

/** Measures the bundles of a fresh synthesis: starts of bare Node and of each function, by turns. */
export async function measureBundles(rounds: number, progress: Progress): Promise<Bundle[]> {
  progress('bundles: the stack is synthesized');
  const assembly = join(dataDirectory, 'cdk.out');
  await synthesize(assembly);
  const { functions } = planDeployment(await readTemplate(assembly));
  const bundles = functions.map(({ name, directory }) => ({
    name,
    path: join(directory, 'index.mjs'),
    starts: [] as { readonly bare: Start; readonly loaded: Start }[],
  }));
  for (let round = 0; round < rounds; round++) {
    progress(`bundles: round ${round + 1} of ${rounds}`);
    for (const { path, starts } of bundles) {
      const load = `await import(${JSON.stringify(pathToFileURL(path).href)})`;
      starts.push({ bare: await startNode(''), loaded: await startNode(load) });
    }
  }
  return Promise.all(
    bundles.map(async ({ name, path, starts }) => ({
      name,
      bytes: (await stat(path)).size,
      load: spread(starts.map(({ bare, loaded }) => loaded.wall - bare.wall)),
      loadCpu: spread(starts.map(({ bare, loaded }) => loaded.cpu - bare.cpu)),
    })),
  );
}
