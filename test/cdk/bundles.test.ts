import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Metafile } from 'esbuild';
import { readTemplate } from '../../local/template.ts';
import { assemblyDirectory } from '../assembly.ts';

/** Bytes of a bundle at most. A cold start reads and compiles all of it. */
const limit = 640_000;

/** What the AWS SDK consists of, its credential providers included; the clients are each function's own. */
const sdk = [
  '@aws-sdk/checksums',
  '@aws-sdk/core',
  '@aws-sdk/credential-provider-env',
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-node',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@aws-sdk/middleware-sdk-s3',
  '@aws-sdk/middleware-sdk-sqs',
  '@aws-sdk/nested-clients',
  '@aws-sdk/signature-v4-multi-region',
  '@aws-sdk/token-providers',
  '@aws-sdk/xml-builder',
  '@smithy/core',
  '@smithy/credential-provider-imds',
  '@smithy/node-http-handler',
  '@smithy/signature-v4',
  '@smithy/types',
];
const common = [
  ...sdk,
  '@aws-lambda-powertools/commons',
  '@aws-lambda-powertools/logger',
  '@aws-lambda-powertools/metrics',
  '@aws/lambda-invoke-store', // Powertools'
  '@aws-sdk/client-s3',
  '@middy/core',
  'valibot',
];

/** SPDX names, as package.json has them: licences that ask for no more than their notice. MIT-0 not even for that. */
const licences = ['MIT', 'MIT-0', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'];

/** What `cdk/pipeline-function.ts` asks of esbuild. */
const options = [
  '--bundle',
  '--platform=node',
  '--format=esm',
  '--target=node24',
  '--main-fields=module,main',
  '--minify',
  '--keep-names',
];

const ofDataStages = [
  '@aws-sdk/client-sqs',
  '@middy/sqs-partial-batch-failure',
  '@aws-sdk/lib-storage',
  'hyparquet',
  'hyparquet-writer',
  'p-map',
];

describe.each([
  { name: 'fetch', packages: ['@aws-sdk/client-secrets-manager', '@aws-sdk/lib-storage', 'p-map'] },
  { name: 'convert', packages: ofDataStages },
  { name: 'compact', packages: ofDataStages },
  { name: 'reconcile', packages: ['@aws-sdk/client-sqs', 'p-map'] },
])('the bundle of $name', ({ name, packages }) => {
  let directory: string;
  let files: string[];
  let bundle: string;
  let metafile: Metafile;

  /** Bundled once more beside the assembly's, to hear from esbuild what it is made of. */
  beforeAll(async () => {
    const { resources, assets } = await readTemplate(assemblyDirectory());
    const lambda = resources.find(({ path }) => path.toLowerCase().endsWith(`/${name}/function/resource`));
    const code = lambda?.properties.Code as { S3Key: string } | undefined;
    const asset = assets.get(code?.S3Key ?? '') ?? '';
    files = await readdir(asset);
    bundle = await readFile(join(asset, 'index.mjs'), 'utf8');

    directory = await mkdtemp(join(tmpdir(), `bundle-${name}-`));
    const paths = { output: join(directory, 'index.mjs'), metafile: join(directory, 'metafile.json') };
    await promisify(execFile)('node_modules/.bin/esbuild', [
      `functions/${name}/handler.ts`,
      ...options,
      `--outfile=${paths.output}`,
      `--metafile=${paths.metafile}`,
    ]);
    metafile = JSON.parse(await readFile(paths.metafile, 'utf8')) as Metafile;
    expect((await readFile(paths.output, 'utf8')) === bundle).toBe(true); // Without printing what differs.
  });
  afterAll(() => rm(directory, { recursive: true }));

  test(`is one file of ${limit / 1000} KB at most`, () => {
    expect(files).toEqual(['index.mjs']);
    expect(Buffer.byteLength(bundle)).toBeLessThanOrEqual(limit);
  });

  /** The folders of the packages that it is made of, such as `node_modules/valibot`. */
  function folders(): string[] {
    const [output] = Object.values(metafile.outputs);
    const held = Object.entries(output?.inputs ?? {})
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
      .filter((folder) => folder !== undefined);
    return [...new Set(held)];
  }

  test('holds these packages and no others', () => {
    const held = folders().map((folder) => folder.replace(/.*node_modules\//, ''));
    expect(held.filter((folder) => ![...common, ...packages].includes(folder))).toEqual([]);
  });

  test('holds nothing but what may be shipped: each package has a licence that asks for no more than its notice [licences]', async () => {
    const licensed = await Promise.all(
      folders().map(async (folder) => {
        const { license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
        return { folder, license: license as unknown };
      }),
    );
    expect(licensed.length).toBeGreaterThan(10);
    expect(licensed.filter(({ license }) => !licences.includes(String(license)))).toEqual([]);
  });

  test('needs nothing beside it', () => {
    const [output] = Object.values(metafile.outputs);
    const needed = (output?.imports ?? []).filter(({ path }) => !isBuiltin(path));
    expect(needed).toEqual([]);
  });

  test('keeps the names of error classes, which is what logs and alarms show [error-names]', async () => {
    const url = pathToFileURL(join(directory, 'index.mjs')).href;
    const load = `import('${url}').catch((error) => console.log(error.constructor.name))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', load], { env: {} });
    expect(stdout.trim()).toBe('ConfigurationError'); // It found no environment.
  });
});
