import { connect, type Target } from '../deployed.ts';
import { queryAthena } from './query-athena.ts';
import { queryLocally } from './query-local.ts';
import type { QueryResult } from './query-result.ts';

/** A query in the words of each engine. */
export interface Sql {
  readonly athena: string;
  readonly duckdb: string;
}

/**
 * Answers a query where a target's rows are, and gives everything back once the answer is used.
 * @throws the signal's reason when it is aborted
 */
export async function queryTarget<T>(
  { athena, duckdb }: Sql,
  target: Target,
  signal: AbortSignal,
  use: (result: QueryResult) => Promise<T>,
): Promise<T> {
  try {
    if (target.local) return await use(await queryLocally(duckdb, { stateDir: target.state, signal }));
    const deployed = await connect(target);
    try {
      return await use(await queryAthena(athena, { ...deployed, signal }));
    } finally {
      await deployed.close();
    }
  } catch (error) {
    // The engine's own error would only say that it was interrupted.
    throw signal.aborted ? signal.reason : error;
  }
}
