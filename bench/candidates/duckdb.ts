import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { CreateCandidate } from '../candidates.ts';
import { sqlText } from '../check.ts';

/** An instant stays what was sent: epoch seconds. */
const types = {
  string: 'VARCHAR',
  double: 'DOUBLE',
  int: 'INTEGER',
  bigint: 'BIGINT',
  date: 'DATE',
  timestamp: 'BIGINT',
};

/** DuckDB reads a file and writes a file. The types are declared: inferring them takes half as long again. */
export const createCandidate: CreateCandidate = async (columns) => {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    autoinstall_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const selection = columns.map(({ path, column }) => `${quoted(path)} AS ${column}`).join(', ');
  const members = columns.map(({ path, type }) => ({ names: path.split('.'), type: types[type] }));
  const declared = membersOf(members).map(([name, type]) => `${name}: ${sqlText(type)}`);
  const stream = async (from: string, to: string) => {
    const source = `read_json(${sqlText(from)}, format = 'newline_delimited', columns = {${declared.join(', ')}})`;
    await connection.run(`COPY (SELECT ${selection} FROM ${source}) TO ${sqlText(to)} (FORMAT parquet)`);
  };
  return {
    stream,
    async convert({ path }) {
      const output = join(tmpdir(), `bench-duckdb-${process.pid}.parquet`);
      await stream(path, output);
      const file = await readFile(output);
      await rm(output);
      return file;
    },
  };
};

interface Member {
  /** The rest of its path. */
  readonly names: readonly string[];
  readonly type: string;
}

/** The members of an object, each with its type: `['location', 'STRUCT("name" VARCHAR, …)']`. */
function membersOf(members: readonly Member[]): [name: string, type: string][] {
  return [...Map.groupBy(members, ({ names }) => names[0] ?? '')].map(([name, own]) => {
    const scalar = own.find(({ names }) => names.length === 1);
    if (scalar) return [name, scalar.type];
    const inside = membersOf(own.map(({ names, type }) => ({ names: names.slice(1), type })));
    return [name, `STRUCT(${inside.map(([member, type]) => `"${member}" ${type}`).join(', ')})`];
  });
}

function quoted(path: string): string {
  return path
    .split('.')
    .map((name) => `"${name}"`)
    .join('.');
}
