import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Progress } from './progress.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Installs the other converters when they are missing, or older than their lock file. */
export async function installPeers(progress: Progress): Promise<void> {
  const installed = await changedAt(`${folder}node_modules/.package-lock.json`);
  const locked = await changedAt(`${folder}package-lock.json`);
  if (installed !== undefined && locked !== undefined && installed >= locked) return;
  progress('Installing the other converters, about 200 MB (npm ci --prefix bench)');
  // npm names itself to its scripts; on Windows there is no executable called npm.
  const npm = process.env.npm_execpath;
  const [command, ...script] = npm ? [process.execPath, npm] : ['npm'];
  await promisify(execFile)(command, [...script, 'ci', '--prefix', folder], { cwd: folder });
}

/** Epoch milliseconds, or undefined when there is no such file. */
async function changedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
