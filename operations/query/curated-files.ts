import { existsSync, realpathSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withStateFile } from '../../local/aws/state-error.ts';
import { planDeployment } from '../../local/deployment-plan.ts';
import { References } from '../../local/references.ts';
import { readTemplate } from '../../local/template.ts';
import { assemblyIn } from '../local-assembly.ts';

/** A curated object of the pipeline on this computer, as a file. */
export interface CuratedFile {
  readonly key: string;
  /** Absolute. */
  readonly path: string;
}

export interface CuratedFiles {
  /** Where all of them are; absolute, and no link. */
  readonly folders: readonly string[];
  /** In the order of their keys. */
  readonly files: readonly CuratedFile[];
}

/**
 * The curated objects in a state directory. They are found by the record that the emulator keeps beside each object,
 * since a key does not always make a file name (local/aws/object-files.ts). Read only, and without the directory's lock:
 * a pipeline that runs meanwhile is not disturbed.
 * @throws {Error} when no pipeline ever ran there, or a record is damaged
 */
export async function curatedFiles(stateDir: string): Promise<CuratedFiles> {
  const bucket = await curatedBucket(await assemblyIn(stateDir));
  const root = join(realpathSync(stateDir), 's3');
  const records = join(root, '.meta', bucket);
  if (!existsSync(records)) return { folders: [], files: [] };
  const names = (await readdir(records)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
  const objects = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(records, name), 'utf8').catch(() => undefined); // Removed meanwhile.
      if (text === undefined) return [];
      const { key, file } = withStateFile(join(records, name), () => JSON.parse(text) as CuratedRecord);
      const path = join(root, ...file.split('/'));
      return existsSync(path) ? [{ key, path }] : [];
    }),
  );
  return {
    folders: [join(root, bucket), join(records, 'objects')],
    files: objects.flat().sort((a, b) => (a.key < b.key ? -1 : 1)),
  };
}

interface CuratedRecord {
  readonly key: string;
  readonly file: string;
}

/** The name that the curated bucket has here: what the stack's output refers to. */
async function curatedBucket(assembly: string): Promise<string> {
  const template = await readTemplate(assembly);
  const references = new References();
  for (const { logicalId, name } of planDeployment(template).buckets)
    references.define(logicalId, { Ref: name });
  return references.resolve<string>(template.outputs.CuratedBucketName);
}
