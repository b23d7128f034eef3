import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { digestOf, synthesize } from '../../local/synthesize.ts';
import { assemblyDirectory } from '../assembly.ts';

const patterns = ['**/*.ts', 'cdk.json'];
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sources-'));
  await writeSource('cdk.json', '{}');
  await writeSource('cdk.txt', 'not a source');
});
afterEach(() => rm(directory, { recursive: true }));

const writeSource = (name: string, content: string) => writeFile(join(directory, name), content);
const digest = () => digestOf(directory, patterns);

test('an assembly is reused as long as its sources are the same, whatever else changes', async () => {
  const before = await digest();
  await writeSource('cdk.json', '{}');
  await writeSource('cdk.txt', 'changed');
  expect(await digest()).toBe(before);
});

test.each<[string, () => Promise<void>]>([
  ['changes', () => writeSource('cdk.json', '{"context":{}}')],
  ['is removed', () => rm(join(directory, 'cdk.json'))],
  ['is new', () => writeSource('new.ts', '')],
  ['has another name', () => rename(join(directory, 'cdk.json'), join(directory, 'other.ts'))],
])('an assembly is made anew when a source %s', async (_how, change) => {
  const before = await digest();
  await change();
  expect(await digest()).not.toBe(before);
});

test('a synthesis is told of only where there is no stack yet, or its sources changed', async () => {
  const told: string[] = [];
  const stopped = AbortSignal.abort();
  const synthesized = (target: string) => synthesize(target, stopped, (doing) => told.push(doing));
  await expect(synthesized(assemblyDirectory())).resolves.toBe(false);
  await expect(synthesized(directory)).rejects.toThrow('aborted');
  await writeSource('sources.sha256', 'of other sources');
  await expect(synthesized(directory)).rejects.toThrow('aborted');
  expect(told).toEqual(['synthesizing the stack', 'synthesizing the stack, as its sources changed']);
});
