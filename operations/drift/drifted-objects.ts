import { AthenaClient } from '@aws-sdk/client-athena';
import type { Dataset } from '../../shared/dataset.ts';
import type { Outputs } from '../../shared/outputs.ts';
import type { Target } from '../deployed.ts';
import { queryAthena } from '../query/query-athena.ts';
import { queryLocally } from '../query/query-local.ts';
import { datasetByDataset, type RawSelection } from '../replay/raw-selection.ts';
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

/** Raw objects of a selection that have something rescued; one query for each dataset. */
export function driftedObjects(source: DriftedSource, after?: string): AsyncGenerator<ReplayedObject> {
  return datasetByDataset(source.selection, after, (dataset, key) => driftedOf(source, dataset, key));
}

async function* driftedOf(
  { target, outputs, selection: { from, to }, path, signal }: DriftedSource,
  dataset: Dataset,
  after: string | undefined,
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
