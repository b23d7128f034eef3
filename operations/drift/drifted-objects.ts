import { AthenaClient } from '@aws-sdk/client-athena';
import type { Outputs } from '../../shared/outputs.ts';
import type { Target } from '../deployed.ts';
import { queryAthena } from '../query/query-athena.ts';
import { queryLocally } from '../query/query-local.ts';
import type { RawSelection } from '../replay/raw-selection.ts';
import type { ReplayedObject } from '../replay/replay.ts';
import { driftedKeysQuery } from './drift-query.ts';

interface DriftedSource {
  readonly target: Target;
  readonly outputs: Outputs;
  readonly selection: RawSelection;
  /** Only objects that have something rescued at this path. */
  readonly path: string | undefined;
  readonly signal: AbortSignal;
}

/** Raw objects of a selection that have something rescued, in the order of their keys. */
export async function* driftedObjects(
  { target, outputs, selection: { dataset, from, to }, path, signal }: DriftedSource,
  after?: string,
): AsyncGenerator<ReplayedObject> {
  const sql = driftedKeysQuery(dataset, { from, to, path, after });
  const athena = new AthenaClient();
  try {
    const { rows } = target.local
      ? await queryLocally(sql.duckdb, { stateDir: target.state, signal })
      : await queryAthena(sql.athena, { athena, outputs, signal });
    // It has rows, so it is not empty. Its exact size does not matter.
    for await (const [key] of rows) yield { key: String(key), size: 1 };
  } finally {
    athena.destroy();
  }
}
