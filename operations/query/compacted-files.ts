import { existsSync, realpathSync } from 'node:fs';
import { copyFile, link, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { recordName } from '../../local/aws/object-names.ts';
import { withStateFile } from '../../local/aws/state-error.ts';
import { planDeployment } from '../../local/deployment-plan.ts';
import { makeProcessFolder } from '../../local/process-folder.ts';
import { References } from '../../local/references.ts';
import type { Template } from '../../local/template.ts';
import { templateIn } from '../local-assembly.ts';

/** A compacted object of the pipeline on this computer, as a file. */
export interface CompactedFile {
  readonly key: string;
  /** A second name of the file; absolute. */
  readonly path: string;
  /** Where the pipeline keeps it. */
  readonly file: string;
}

export interface CompactedFiles {
  /** Where all of them are, and nothing else; absolute, and no link. Undefined when there are none. */
  readonly folder: string | undefined;
  readonly files: readonly CompactedFile[];
  /** Removes the folder. */
  release(): Promise<void>;
}

/** Concurrent requests to the file system. */
const concurrency = 64;

/**
 * The compacted objects in a state directory as they are now, whatever replaces them later: DuckDB opens a file by its
 * name for each row group, and silently mixes two versions of it. So each version gets a second name, of which the
 * pipeline knows nothing.
 *
 * The objects are found by the record that the emulator keeps beside each one, since a key does not always make a file
 * name (local/aws/object-files.ts). Takes no lock: a pipeline that runs meanwhile is not disturbed.
 * @param keys @default of all
 * @throws {Error} when no pipeline ever ran there, or a record is damaged
 */
export async function compactedFiles(stateDir: string, keys?: Iterable<string>): Promise<CompactedFiles> {
  const bucket = compactedBucket(await templateIn(stateDir, ['CompactedBucketName']));
  const root = join(realpathSync(stateDir), 's3');
  const records = join(root, '.meta', bucket);
  if (!existsSync(records)) return { folder: undefined, files: [], release: async () => {} };
  const names = keys
    ? Array.from(keys, recordName)
    : (await readdir(records)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
  const folder = makeProcessFolder(root, 'query');
  const release = () => rm(folder, { recursive: true, force: true });
  try {
    const files = await pMap(
      names,
      async (name) => {
        const text = await unlessGone(readFile(join(records, name), 'utf8'));
        if (text === undefined) return [];
        const { key, file } = withStateFile(join(records, name), () => JSON.parse(text) as ObjectRecord);
        const path = join(folder, name.replace('.json', '.parquet'));
        const own = join(root, ...file.split('/'));
        const kept = await unlessGone(keep(own, path));
        return kept ? [{ key, path, file: own }] : [];
      },
      { concurrency },
    );
    return { folder, files: files.flat(), release };
  } catch (error) {
    await release();
    throw error;
  }
}

interface ObjectRecord {
  readonly key: string;
  readonly file: string;
}

/** Not every file system has links. */
async function keep(file: string, path: string): Promise<true> {
  await link(file, path).catch(() => copyFile(file, path));
  return true;
}

/** Undefined when the pipeline has removed the file meanwhile. */
function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** The name that the compacted bucket has here: what the stack's output refers to. */
function compactedBucket(template: Template): string {
  const references = new References();
  for (const { logicalId, name } of planDeployment(template).buckets)
    references.define(logicalId, { Ref: name });
  return references.resolve<string>(template.outputs.CompactedBucketName);
}
