import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** Does something with a DuckDB in memory, and gives it back. */
export async function withDuckDb<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  // Without extensions from the network: everything that is needed is built in.
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
