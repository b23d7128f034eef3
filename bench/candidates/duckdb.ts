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

/** DuckDB reads a file and writes files. The types are declared: inferring them takes half as long again. */
export const createCandidate: CreateCandidate = async (tables) => {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    autoinstall_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const fields = new Map(tables.flatMap((table) => table.fields.map((field) => [field.path, field])));
  const members = [...fields.values()].map(({ path, type }) => ({
    names: path.split('.'),
    type: types[type],
  }));
  const declared = membersOf(members).map(([name, type]) => `"${name}": ${sqlText(type)}`);
  const stream = async (from: string, to: readonly string[]) => {
    let source = `read_json(${sqlText(from)}, format = 'newline_delimited', columns = {${declared.join(', ')}})`;
    if (tables.length > 1) {
      await connection.run(`CREATE OR REPLACE TABLE source AS FROM ${source}`);
      source = 'source';
    }
    for (const [index, { rows, fields }] of tables.entries()) {
      const selection = fields.map(({ path, column }) => `${expressionOf(path)} AS ${column}`).join(', ');
      const target = `${sqlText(to[index] ?? '')} (FORMAT parquet)`;
      await connection.run(`COPY (SELECT ${selection} FROM ${unnested(source, rows)}) TO ${target}`);
    }
  };
  return {
    stream,
    async convert({ path }) {
      const outputs = tables.map((_, index) =>
        join(tmpdir(), `bench-duckdb-${process.pid}-${index}.parquet`),
      );
      await stream(path, outputs);
      const files = await Promise.all(outputs.map((output) => readFile(output)));
      await Promise.all(outputs.map((output) => rm(output)));
      return files;
    },
  };
};

/** A row for each element of the arrays in a path. The innermost element is a column with the path's name. */
function unnested(source: string, rows: string): string {
  let from = source;
  for (let end = rows.indexOf('[]'); end >= 0; end = rows.indexOf('[]', end + 1)) {
    from = `(SELECT *, unnest(${expressionOf(rows.slice(0, end))}) AS "${rows.slice(0, end + 2)}" FROM ${from})`;
  }
  return from;
}

interface Member {
  /** The rest of its path. */
  readonly names: readonly string[];
  readonly type: string;
}

/** The members of an object, each with its type: `['location', 'STRUCT("name" VARCHAR, …)']`. */
function membersOf(members: readonly Member[]): [name: string, type: string][] {
  return [...Map.groupBy(members, ({ names }) => names[0] ?? '')].map(([member, own]) => {
    const scalar = own.find(({ names }) => names.length === 1);
    if (scalar) return [member, scalar.type];
    const inside = membersOf(own.map(({ names, type }) => ({ names: names.slice(1), type })));
    const name = member.replace('[]', '');
    const list = name === member ? '' : '[]';
    return [name, `STRUCT(${inside.map(([each, type]) => `"${each}" ${type}`).join(', ')})${list}`];
  });
}

/** `"location"."name"`, or `"forecast.forecastday[]"."date"` of an element. */
function expressionOf(path: string): string {
  const array = path.slice(0, path.lastIndexOf(']') + 1);
  const names = path.slice(array.length).split('.');
  return [array, ...names]
    .filter((name) => name !== '')
    .map((name) => `"${name}"`)
    .join('.');
}
