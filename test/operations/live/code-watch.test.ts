import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CodeWatch } from '../../../operations/live/code-watch.ts';
import { loggingFunctions } from '../../../shared/outputs.ts';
import { until } from '../../local/until.ts';

let root: string;
let watch: CodeWatch;
let bundles: Map<string, string>;
let said: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'code-'));
  bundles = new Map();
  said = [];
  for (const name of loggingFunctions) {
    await mkdir(join(root, 'functions', name), { recursive: true });
    await writeFile(join(root, 'functions', name, 'handler.ts'), `export const handler = () => '${name}';\n`);
    // What is deployed at first.
    const bundle = join(root, 'deployed', name);
    await mkdir(bundle, { recursive: true });
    await writeFile(join(bundle, 'index.mjs'), '');
    bundles.set(`${name}-function`, bundle);
  }
  await mkdir(join(root, 'shared'));
  await mkdir(join(root, 'cdk'));
  await writeFile(join(root, 'cdk.json'), '{}');
  // Of one that was killed.
  await mkdir(join(root, 'bundles', '99'), { recursive: true });
  watch = new CodeWatch({
    root,
    directory: join(root, 'bundles'),
    runtime: {
      bundleOf: (name) => bundles.get(name) ?? '',
      deploy: async (name, bundle) => {
        bundles.set(name, bundle);
      },
    },
    onReloaded: (functions) => said.push(`reloaded ${functions}`),
    onFailed: (reason) => said.push(`failed ${reason}`),
    onStackChanged: (file) => said.push(`stack ${file}`),
  });
});
afterEach(async () => {
  await watch.close();
  await rm(root, { recursive: true });
});

/** As an editor does it: the file is another one afterwards. */
async function save(file: string, text: string): Promise<void> {
  await writeFile(join(root, `${file}.new`), text);
  await rename(join(root, `${file}.new`), join(root, file));
}
const codeOf = (name: string) => readFile(join(bundles.get(`${name}-function`) ?? '', 'index.mjs'), 'utf8');

test('replaces only the functions whose code is another one, each time that it is saved', async () => {
  await save('functions/fetch/handler.ts', 'export const handler = () => "first";\n');
  await until(() => said.length === 1);
  expect(said).toEqual(['reloaded fetch,convert,compact,reconcile']);
  await save('functions/fetch/handler.ts', 'export const handler = () => "second";\n');
  await until(() => said.length === 2);
  expect(said[1]).toBe('reloaded fetch');
  expect(await codeOf('fetch')).toContain('second');
  await save('functions/fetch/handler.ts', 'export const handler = () => "third";\n');
  await until(() => said.length === 3);
  // The latest of each function and the one before, beside what esbuild writes.
  expect(await readdir(join(root, 'bundles'))).toEqual(['1', '2', '3', '4', '5', 'new']);
  expect((await readdir(join(root, 'deployed'))).sort()).toEqual([...loggingFunctions].sort());
});

test('code that cannot be built is told, the old code stays, and the next save counts again', async () => {
  await save('functions/fetch/handler.ts', 'export const handler = () => "good";\n');
  await until(() => said.length === 1);
  await save('functions/fetch/handler.ts', 'export const handler = ;\n');
  await until(() => said.length === 2);
  expect(said[1]).toMatch(/^failed [\s\S]*functions\/fetch\/handler.ts:1:\d+: ERROR: Unexpected ";"/);
  expect(await codeOf('fetch')).toContain('good');
  await save('functions/fetch/handler.ts', 'export const handler = () => "good";\n');
  await until(() => said.length === 3);
  expect(said[2]).toBe('reloaded ');
});

test('hears of a folder that is new, and of code that functions share', async () => {
  await mkdir(join(root, 'shared', 'units'));
  await save('shared/units/unit.ts', 'export const unit = "mm";\n');
  await save('functions/fetch/handler.ts', 'export { unit as handler } from "../../shared/units/unit.ts";\n');
  await until(async () => said.length > 0 && (await codeOf('fetch')).includes('mm'));
  const before = said.length;
  await save('shared/units/unit.ts', 'export const unit = "inch";\n');
  await until(async () => said.length > before && (await codeOf('fetch')).includes('inch'));
});

test('says once of each file that only a restart deploys it', async () => {
  await save('cdk/app.ts', '1;\n');
  await until(() => said.length === 1);
  await save('cdk/app.ts', '2;\n');
  await save('cdk.json', '{ }');
  await until(() => said.length === 2);
  expect(said).toEqual(['stack cdk/app.ts', 'stack cdk.json']);
});
