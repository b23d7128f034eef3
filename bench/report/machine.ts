import { readFile } from 'node:fs/promises';
import { arch, cpus, platform, totalmem } from 'node:os';

interface Package {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** What the numbers depend on: computer, Node and libraries; no name of anybody. */
export async function machine(): Promise<string[]> {
  const root = await packageAt('../../package.json');
  const bench = await packageAt('../package.json');
  const libraries = {
    'hyparquet-writer': root.dependencies?.['hyparquet-writer'],
    '@duckdb/node-api': root.devDependencies?.['@duckdb/node-api'],
    ...bench.dependencies,
  };
  const cores = cpus();
  return [
    `${cores[0]?.model.trim() ?? 'unknown CPU'}, ${cores.length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${arch()}`,
    `Node ${process.versions.node}`,
    Object.entries(libraries)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ];
}

async function packageAt(path: string): Promise<Package> {
  return JSON.parse(await readFile(new URL(path, import.meta.url), 'utf8')) as Package;
}
