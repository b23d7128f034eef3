import type { Deployed } from '../deployed.ts';
import { queryAthena } from '../query/query-athena.ts';
import { queryLocally } from '../query/query-local.ts';
import type { RawSelection } from '../replay/raw-selection.ts';
import type { ReplayedObject } from '../replay/replay.ts';
import { driftedKeysQuery } from './drift-query.ts';

export interface DriftedSource {
  readonly deployed: Pick<Deployed, 'athena' | 'outputs' | 'runtime'>;
  /** Of a pipeline on this computer. */
  readonly stateDir: string;
  readonly selection: RawSelection;
  /** Only objects that have something rescued at this path. */
  readonly path: string | undefined;
  readonly signal: AbortSignal;
}

/** Raw objects of a selection that have something rescued, in the order of their keys. */
export async function* driftedObjects(
  { deployed, stateDir, selection: { dataset, from, to }, path, signal }: DriftedSource,
  after?: string,
): AsyncGenerator<ReplayedObject> {
  const { athena, duckdb } = driftedKeysQuery(dataset, { from, to, path, after });
  const { rows } = deployed.runtime
    ? await queryLocally(duckdb, { stateDir, signal })
    : await queryAthena(athena, { ...deployed, signal });
  // It has rows, so it is not empty. How large it is does not matter.
  for await (const [key] of rows) yield { key: String(key), size: 1 };
}
