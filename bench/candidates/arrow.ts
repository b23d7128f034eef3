import { makeVector, Table, tableToIPC, Utf8, type Vector } from 'apache-arrow';
import { Compression, Table as WasmTable, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import type { CreateCandidate } from '../candidates.ts';
import { parseLines } from './parse.ts';

/** `JSON.parse`, Arrow vectors over arrays of known length, then to WebAssembly as an IPC stream. */
export const createCandidate: CreateCandidate = async ([only]) => {
  const columns = only?.fields ?? [];
  const getters = columns.map(({ path }) => getter(path.split('.')));
  return {
    async convert({ bytes, records }) {
      const cells = columns.map(({ type }) => cellsOf[type](records));
      let row = 0;
      parseLines(bytes, (record) => {
        for (let index = 0; index < cells.length; index++) cells[index]?.set(row, getters[index]?.(record));
        row += 1;
      });
      const vectors = columns.map(({ column }, index) => [column, cells[index]?.vector()] as const);
      const table = new Table(Object.fromEntries(vectors) as Record<string, Vector>);
      const properties = new WriterPropertiesBuilder().setCompression(Compression.SNAPPY).build();
      return [writeParquet(WasmTable.fromIPCStream(tableToIPC(table, 'stream')), properties)];
    },
  };
};

/** Generated code, which the compiler turns into plain property accesses. */
function getter(names: readonly string[]): (record: unknown) => unknown {
  const access = names.map((name) => `[${JSON.stringify(name)}]`).join('');
  return new Function('record', `return record${access}`) as (record: unknown) => unknown;
}

/** A column that is being filled, from the first row to the last. */
interface Cells {
  set(row: number, value: unknown): void;
  vector(): Vector;
}

const cellsOf = {
  string: texts,
  double: (records: number) => numbers(new Float64Array(records)),
  int: (records: number) => numbers(new Int32Array(records)),
  bigint: bigints,
  date: texts,
  timestamp: bigints,
};

function numbers(values: Float64Array | Int32Array): Cells {
  return {
    set(row, value) {
      values[row] = value as number;
    },
    vector: () => makeVector(values),
  };
}

function bigints(records: number): Cells {
  const values = new BigInt64Array(records);
  return {
    set(row, value) {
      values[row] = BigInt(value as number);
    },
    vector: () => makeVector(values),
  };
}

/** Offsets and bytes are made here: Arrow's own `vectorFromArray` takes twenty times as long. */
function texts(records: number): Cells {
  const valueOffsets = new Int32Array(records + 1);
  let bytes = Buffer.allocUnsafe(1024);
  let length = 0;
  return {
    set(row, value) {
      const text = value as string;
      // A UTF-16 unit takes at most three bytes of UTF-8.
      if (length + 3 * text.length > bytes.length) {
        const larger = Buffer.allocUnsafe(2 * (bytes.length + 3 * text.length));
        bytes.copy(larger, 0, 0, length);
        bytes = larger;
      }
      length += bytes.write(text, length);
      valueOffsets[row + 1] = length;
    },
    vector: () =>
      makeVector({
        type: new Utf8(),
        data: bytes.subarray(0, length),
        valueOffsets,
        length: records,
        nullCount: 0,
      }),
  };
}
