import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The CDK starts the app with the first `node` that it finds. */
const path = [dirname(process.execPath), process.env.PATH].join(delimiter);

/** All that an assembly is made from. */
const sources = ['{cdk,functions,shared}/**/*.ts', 'cdk.json', 'cdk.context.json', 'package-lock.json'];

/** Where an assembly keeps the digest of its sources. */
const digestFile = 'sources.sha256';

/**
 * Makes a folder hold what `cdk synth` makes of the code that is there, bundles included.
 * @param onProgress told when it does not yet
 * @returns false when it already did
 * @throws {Error} with what the CDK said, when the app or its configuration is wrong
 */
export async function synthesize(
  directory: string,
  signal?: AbortSignal,
  onProgress?: (doing: string) => void,
): Promise<boolean> {
  const digest = await digestOf(root, sources);
  const earlier = await readFile(join(directory, digestFile), 'utf8').catch(() => undefined);
  if (earlier === digest) return false;
  onProgress?.(`synthesizing the stack${earlier === undefined ? '' : ', as its sources changed'}`);
  // Into a folder beside it, so that a synthesis that fails or is stopped leaves no half of an assembly.
  const fresh = `${directory}.${process.pid}`;
  try {
    await mkdir(dirname(directory), { recursive: true });
    await promisify(execFile)(
      process.execPath,
      ['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--no-notices', '--output', fresh],
      { cwd: root, env: { ...process.env, PATH: path }, ...(signal ? { signal } : {}) },
    );
    await writeFile(join(fresh, digestFile), digest);
    await rm(directory, { recursive: true, force: true });
    await rename(fresh, directory);
    return true;
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    signal?.throwIfAborted();
    const { stderr } = error as { stderr?: string };
    const said = stderr?.replace(/^.*: Subprocess exited with error \d+$/m, '').trim();
    throw new Error(`cdk synth failed:\n${said || String(error)}`, { cause: error });
  }
}

/** Changes when a file that fits one of the patterns does, or its name, or Node. */
export async function digestOf(directory: string, patterns: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const file of globSync(patterns, { cwd: directory }).sort()) {
    hash.update(`\0${file}\0`).update(await readFile(join(directory, file)));
  }
  return hash.digest('hex');
}
