import { parquetMetadata } from 'hyparquet';
import type { Faultless as Made } from '../../../operations/break/oracle.ts';
import type { Stack } from '../../stack.ts';
import type { RawObject } from './traffic.ts';

/** What a faultless run makes of each version of each object, in their order. */
export type Faultless = readonly (readonly (Made | undefined)[])[];

/** Converts each version of each object, with nothing going wrong. */
export async function faultlessRun(stack: Stack, objects: readonly RawObject[]): Promise<Faultless> {
  const most = Math.max(...objects.map(({ versions }) => versions.length));
  const rounds: (Made | undefined)[][] = [];
  for (let at = 0; at < most; at++) rounds.push(await convertVersion(stack, objects, at));
  return objects.map(({ versions }, index) => versions.map((_version, at) => rounds[at]?.[index]));
}

async function convertVersion(
  stack: Stack,
  objects: readonly RawObject[],
  at: number,
): Promise<(Made | undefined)[]> {
  await stack.clear();
  // What is in the table is compared with what is in curated.
  stack.faults = { event: ({ bucket }) => (bucket === 'curated' ? [] : [0]) };
  await Promise.all(
    objects.map(async ({ key, versions }) => {
      const version = versions[at];
      if (version) await stack.put(key, version.body, version.metadata);
    }),
  );
  await stack.runtime.settled();
  const curated = await stack.curated();
  const letters = stack.letters();
  return objects.map(({ key, curatedKey, versions }) => {
    if (!versions[at]) return undefined;
    const bytes = curated.get(curatedKey);
    return bytes
      ? { bytes, rows: rowsIn(bytes) }
      : { code: letters.find((letter) => letter.key === key)?.code };
  });
}

/** Where a faultless run does not make of a version what its author says: every record once, or this code. */
export function unexpected(objects: readonly RawObject[], faultless: Faultless): string[] {
  return objects.flatMap(({ key, versions }, index) =>
    versions.flatMap((version, at) => {
      const made = faultless[index]?.[at];
      const outcome = made && ('rows' in made ? made.rows : made.code);
      return version && outcome !== version.outcome
        ? [`${key}, version ${at}: a faultless run gives ${outcome}, expected ${version.outcome}`]
        : [];
    }),
  );
}

function rowsIn(parquet: Buffer): number {
  return Number(parquetMetadata(new Uint8Array(parquet).buffer).num_rows);
}
