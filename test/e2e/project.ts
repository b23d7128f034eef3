import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from '@jest/globals';

/** All that the project is made of, but its tests and documents. */
const sources = [
  'cdk',
  'functions',
  'shared',
  'operations',
  'cli',
  'console',
  'local',
  'cdk.json',
  'package.json',
];
const settings = ['package-lock.json', 'tsconfig.json', 'biome.json', '.gitignore'];

/** A copy of the project, for a test that changes its code. */
export async function copyProject(): Promise<string> {
  const project = await mkdtemp(join(tmpdir(), 'project-'));
  for (const source of [...sources, ...settings])
    await cp(source, join(project, source), { recursive: true });
  await symlink(resolve('node_modules'), join(project, 'node_modules'));
  return project;
}

export async function edit(file: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  await writeFile(file, changed);
}

/** What a command prints that is typed in a copy of the project, as the README or another command writes it. */
export async function typed(cwd: string, command: string, more: readonly string[] = []): Promise<string> {
  const words = command.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', '')) ?? [];
  const isStart = words[0] === 'npm';
  const args = isStart ? ['cli/start.ts', ...words.slice(3)] : ['cli/tdf.ts', ...words.slice(2)];
  const { stdout } = await promisify(execFile)(process.execPath, [...args, ...more], { cwd });
  return stdout;
}

/** Fails where the copy's code has a wrong type. */
export async function checkTypes(project: string): Promise<void> {
  await promisify(execFile)('node_modules/.bin/tsc', [], { cwd: project });
}
