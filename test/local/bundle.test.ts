import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { functionBundler } from '../../local/bundle.ts';
import { planDeployment } from '../../local/deployment-plan.ts';
import { readTemplate } from '../../local/template.ts';
import { assemblyDirectory } from '../assembly.ts';

test('a function that is bundled here has the same bytes as the one that the CDK deploys', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'bundle-'));
  const folders = ['fetch', 'convert', 'compact', 'reconcile'];
  const bundler = await functionBundler(fileURLToPath(new URL('../..', import.meta.url)), folders, directory);
  try {
    await bundler.bundle();
    const { functions } = planDeployment(await readTemplate(assemblyDirectory()));
    const same: Record<string, boolean> = {};
    for (const { name, bundle } of functions) {
      const folder = name.replace('-function', '');
      const [deployed, ours] = await Promise.all(
        [bundle, join(directory, folder)].map((each) => readFile(join(each, 'index.mjs'))),
      );
      same[folder] = deployed !== undefined && ours !== undefined && deployed.equals(ours);
    }
    expect(same).toEqual({ fetch: true, convert: true, compact: true, reconcile: true });
  } finally {
    await bundler.close();
    await rm(directory, { recursive: true });
  }
});
