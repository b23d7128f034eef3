import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import parquetjs from '@dsnp/parquetjs';
import type { Candidate } from '../candidates/candidate.ts';
import { columns } from '../input/columns.ts';
import { getters, parsedLines } from './parsed-columns.ts';

const types = {
  string: 'UTF8',
  double: 'DOUBLE',
  int: 'INT32',
  bigint: 'INT64',
  timestamp: 'INT64',
} as const;

/** Row by row, as its documentation has it. */
export async function createCandidate(): Promise<Candidate> {
  const { ParquetSchema, ParquetWriter } = parquetjs;
  const schema = new ParquetSchema(
    Object.fromEntries(
      columns.map(({ column, type }) => [
        column,
        { type: types[type], compression: 'SNAPPY', optional: true },
      ]),
    ),
  );
  return {
    async convert({ bytes }) {
      const output = new PassThrough();
      const file = buffer(output);
      // Typed as a file's stream, of which it uses no more than any has.
      const stream = output as unknown as Parameters<typeof ParquetWriter.openStream>[1];
      const writer = await ParquetWriter.openStream(schema, stream);
      for (const record of parsedLines(bytes)) {
        await writer.appendRow(
          Object.fromEntries(columns.map(({ column }, index) => [column, getters[index]?.(record)])),
        );
      }
      await writer.close();
      return file;
    },
  };
}
