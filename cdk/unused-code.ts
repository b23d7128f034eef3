import { globSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * What comes along with the libraries and never runs in these functions, left out of their bundles: less to load at
 * each cold start. `test/cdk/bundles.test.ts` holds the sizes; after an update of the SDK it tells when a rule here no
 * longer finds what it was made for.
 */
export const unusedCode: Plugin = {
  name: 'unused-code',
  setup(build) {
    // Libraries import late what is for elsewhere: credentials that are not in the environment, event streams.
    build.onResolve({ filter: /^[^.]/ }, ({ kind, importer, path }) =>
      kind === 'dynamic-import' && importer.includes('/node_modules/') ? { path, external: true } : undefined,
    );
    for (const { modules, contents } of replacedModules)
      build.onLoad({ filter: modules }, () => ({ contents }));
    build.onLoad({ filter: /\/@aws-sdk\/client-[^/]+\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
    build.onLoad(
      { filter: /\/@aws-sdk\/client-[^/]+\/dist-es\/schemas\/schemas_0\.js$/ },
      async ({ path }) => ({
        contents: shakeable(await readFile(path, 'utf8')),
      }),
    );
  },
};

/** Modules that are imported, but not called. An empty one's exports are undefined: a call would be a TypeError. */
const replacedModules: readonly { readonly modules: RegExp; readonly contents: string }[] = [
  // In JavaScript what Node has natively.
  { modules: /\/(Sha256|Sha1|Md5|Crc32)Js\.js$/, contents: '' },
  // Streams of browsers.
  { modules: /\/util-stream\/.*(Stream|stream-mixin|stream-collector)\.browser\.js$/, contents: '' },
  // For AWS_RETRY_MODE=adaptive.
  { modules: /\/AdaptiveRetryStrategy\.js$/, contents: '' },
  // Each S3 client is given this at its construction; only SelectObjectContent asks for it.
  {
    modules: /\/@smithy\/core\/dist-es\/submodules\/event-streams\/index\.js$/,
    contents: `
      export const resolveEventStreamSerdeConfig = (config) => config;
      export const eventStreamSerdeProvider = undefined;`,
  },
  // ~/.aws, which would also make the functions differ from one computer to the next.
  {
    modules: /\/shared-ini-file-loader\/loadSharedConfigFiles\.js$/,
    contents: `
      export { CONFIG_PREFIX_SEPARATOR } from './constants';
      export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  },
];

/**
 * An SDK client's schemas, all commands in one file, as esbuild can drop those that no one uses: with `[_h]: …` written
 * as `"http": …`, as it takes a computed key for a side effect, and without the registration of each error. One that
 * is not registered arrives as the service's base exception, under the same name; so those that our source names are.
 */
function shakeable(schemas: string): string {
  const constants = new Map(
    [...schemas.matchAll(/^const (\w+) = (".*");$/gm)].map(([, name, text]) => [name, text]),
  );
  return schemas
    .replaceAll(/\[(\w+)\]:/g, (key, name: string) => (constants.has(name) ? `${constants.get(name)}:` : key))
    .replaceAll(/^n0_registry\.registerError\((\w+)\$, \1\);$/gm, (registration, name: string) =>
      namedInSource(name) ? registration : '',
    );
}

const functions = join(import.meta.dirname, '../functions');
let source: string | undefined;

function namedInSource(name: string): boolean {
  source ??= globSync('**/*.ts', { cwd: functions })
    .map((file) => readFileSync(join(functions, file), 'utf8'))
    .join('\n');
  return new RegExp(`\\b${name}\\b`).test(source);
}
