import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { planDeployment } from '../../local/deployment-plan.ts';
import { References } from '../../local/references.ts';
import { readTemplate } from '../../local/template.ts';

/** A curated object of the pipeline on this computer, as a file. */
export interface CuratedFile {
  readonly key: string;
  /** Absolute. */
  readonly path: string;
}

/**
 * The curated objects in a state directory; none when nothing ever ran there. They are found by the record that the
 * emulator keeps beside each object, since a key does not always make a file name (local/aws/object-files.ts). Read
 * only, and without the directory's lock: a pipeline that runs meanwhile is not disturbed.
 */
export async function curatedFiles(stateDir: string): Promise<CuratedFile[]> {
  const assembly = resolve(stateDir, 'cdk.out');
  if (!existsSync(join(assembly, 'manifest.json'))) return [];
  const root = resolve(stateDir, 's3');
  const records = join(root, '.meta', await curatedBucket(assembly));
  if (!existsSync(records)) return [];
  const names = (await readdir(records)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
  const objects = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(records, name), 'utf8').catch(() => undefined); // Removed meanwhile.
      if (text === undefined) return [];
      const { key, file } = JSON.parse(text) as { key: string; file: string };
      const path = join(root, ...file.split('/'));
      return existsSync(path) ? [{ key, path }] : [];
    }),
  );
  return objects.flat().sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The name that the curated bucket has here: what the stack's output refers to. */
async function curatedBucket(assembly: string): Promise<string> {
  const template = await readTemplate(assembly);
  const references = new References();
  for (const { logicalId, name } of planDeployment(template).buckets)
    references.define(logicalId, { Ref: name });
  return references.resolve<string>(template.outputs.CuratedBucketName);
}
