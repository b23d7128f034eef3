import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Field } from '../../shared/dataset.ts';
import { sqlText } from '../check/sql-text.ts';
import { columns } from '../input/columns.ts';
import { dataDirectory } from '../input/data-directory.ts';
import type { Candidate } from './candidate.ts';

/** DuckDB's types; an instant stays what is sent, epoch seconds. */
const types = { string: 'VARCHAR', double: 'DOUBLE', int: 'INTEGER', bigint: 'BIGINT', timestamp: 'BIGINT' };

/** Reads the input's file and writes a file, whose bytes are then read: that is how DuckDB is made. */
export async function duckdb(threads: number): Promise<Candidate> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    autoinstall_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const output = join(dataDirectory, `duckdb-${process.pid}.parquet`);
  const selection = columns.map(({ path, column }) => `${quoted(path.split('.'))} AS ${column}`).join(', ');
  return {
    async convert({ path }) {
      // Declared: half again as fast as having DuckDB find out what is in it.
      const source = `read_json(${sqlText(path)}, format = 'newline_delimited', columns = ${declaration()})`;
      await connection.run(
        `COPY (SELECT ${selection} FROM ${source}) TO ${sqlText(output)} (FORMAT parquet)`,
      );
      const file = await readFile(output);
      await rm(output);
      return file;
    },
  };
}

/** `{location: 'STRUCT("name" VARCHAR, …)', current: '…'}` */
function declaration(): string {
  const members = [...byFirstName(columns.map((field) => ({ names: field.path.split('.'), field })))];
  return `{${members.map(([name, nested]) => `${name}: '${typeOf(nested)}'`).join(', ')}}`;
}

interface Member {
  readonly names: readonly string[];
  readonly field: Field;
}

function typeOf(members: readonly Member[]): string {
  const [first] = members;
  if (first && first.names.length === 0) return types[first.field.type];
  const nested = [...byFirstName(members)].map(([name, rest]) => `"${name}" ${typeOf(rest)}`);
  return `STRUCT(${nested.join(', ')})`;
}

function byFirstName(members: readonly Member[]): ReadonlyMap<string, Member[]> {
  const groups = new Map<string, Member[]>();
  for (const { names, field } of members) {
    const [first = '', ...rest] = names;
    groups.set(first, [...(groups.get(first) ?? []), { names: rest, field }]);
  }
  return groups;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join('.');
}
