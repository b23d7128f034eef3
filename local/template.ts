import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A CloudFormation resource, as synthesized. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Where the construct stands in the app: `TdfWeather/Fetch/Function/Resource`. */
  readonly path: string;
}

/** What `cdk synth` wrote for one stack: its resources, its outputs, and the folders of its assets by object key. */
export interface Template {
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly assets: ReadonlyMap<string, string>;
}

interface Manifest {
  artifacts: Record<string, { type: string; properties?: { templateFile?: string } }>;
}
interface AssetManifest {
  files: Record<string, { source: { path: string }; destinations: Record<string, { objectKey: string }> }>;
}
interface TemplateFile {
  Outputs?: Record<string, { Value: unknown }>;
  Resources: Record<
    string,
    { Type: string; Properties?: Record<string, unknown>; Metadata?: { 'aws:cdk:path'?: string } }
  >;
}

/** @param directory the cloud assembly: the output folder of `cdk synth` */
export async function readTemplate(directory: string): Promise<Template> {
  const read = <T>(name: string) => readJson<T>(join(directory, name), directory);
  const { artifacts } = await read<Manifest>('manifest.json');
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  const [stack, ...others] = stacks;
  if (!stack || others.length > 0) {
    throw new Error(
      `Expected one stack in ${directory}, found ${stacks.length}: ${stacks.map(([name]) => name).join(', ')}`,
    );
  }
  const [name, { properties }] = stack;
  const template = await read<TemplateFile>(properties?.templateFile ?? `${name}.template.json`);
  const { files } = await read<AssetManifest>(`${name}.assets.json`);
  return {
    resources: Object.entries(template.Resources).map(([logicalId, { Type, Properties, Metadata }]) => ({
      logicalId,
      type: Type,
      properties: Properties ?? {},
      path: Metadata?.['aws:cdk:path'] ?? `${name}/${logicalId}`,
    })),
    outputs: Object.fromEntries(
      Object.entries(template.Outputs ?? {}).map(([output, { Value }]) => [output, Value]),
    ),
    assets: new Map(
      Object.values(files).flatMap(({ source, destinations }) =>
        Object.values(destinations).map(
          ({ objectKey }) => [objectKey, join(directory, source.path)] as const,
        ),
      ),
    ),
  };
}

async function readJson<T>(file: string, directory: string): Promise<T> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(
      `${file} cannot be used: ${(error as Error).message}. Remove ${directory}; the next run makes it anew.`,
      { cause: error },
    );
  }
}
