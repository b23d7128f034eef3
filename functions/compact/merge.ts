import type { RowGroup as RowGroupMetadata } from 'hyparquet';
import { columnsOf } from '../../shared/dataset.ts';
import { PermanentError } from '../../shared/errors.ts';
import type { TableDay } from '../../shared/keys.ts';
import { changedColumns } from '../parquet/changed-columns.ts';
import { pieceJudge } from '../parquet/chunk-pages.ts';
import { chunkRange, joinedRanges } from '../parquet/chunk-range.ts';
import { isOurs, ParquetFile, parquetSchema } from '../parquet/parquet-file.ts';
import { readRows } from '../parquet/read-rows.ts';
import { maxRows, maxTextBytes, RowGroup } from '../rows/row-group.ts';
import { refuseLargeDay } from './large-day.ts';
import { openPart, type Part, parsed, replayCommand } from './part.ts';

/** A row group that is taken over is copied in pieces of so many bytes. */
const pieceBytes = 4 * 1024 * 1024;

/** What a file is made of. */
interface Sources {
  /** Hexadecimal. */
  readonly partsDigest: string;
  readonly partsBytes: number;
}

/** Smaller files are read by one request. Athena's limit is 3 MB, and a file is not much larger than its parts. */
const wholeReadBytes = 1024 ** 2;

/**
 * Bytes before the first row group. A query reads a larger file by several requests; when the file is replaced between two
 * of them, it must not find rows of the new version where it expects those of the old one, but fail.
 */
function shiftOf(partsDigest: string): number {
  return Number.parseInt(partsDigest.slice(0, 4), 16);
}

/** Changed columns that a reason names. */
const namedChanges = 3;

/**
 * Merges the parts of a table's day into one Parquet file: rows in the order of the parts, then in their own. Small row
 * groups are read and written anew, together; large ones are taken over as they are. Which ones depends on the parts
 * alone, so the same parts give the same bytes. Holds one row group, and what the next one takes.
 * @param parts in the order of their keys
 * @returns how many rows the file has
 * @throws {PermanentError} `not-parquet`, `changed-type`, `too-many-parts`
 */
export async function* mergedParts(
  of: TableDay,
  parts: AsyncIterable<Part>,
  { partsDigest, partsBytes }: Sources,
): AsyncGenerator<Uint8Array, { rows: number }, undefined> {
  const schema = parquetSchema(of.table);
  const file = new ParquetFile(of.dataset, of.table);
  if (partsBytes > wholeReadBytes) file.append(new Uint8Array(shiftOf(partsDigest)));
  const group = new RowGroup(columnsOf(of.table));
  const flush = () => {
    if (group.rowCount > 0) file.add(group);
    group.clear();
    return file.take();
  };

  let rows = 0;
  let text = 0;
  let count = 0;
  let changedParts = 0;
  let problems = 0;
  const firstProblems: string[] = [];
  for await (const each of parts) {
    count += 1;
    const part = await openPart(of, each);
    const changed = await parsed(of, part.key, () => changedColumns(part.metadata, schema));
    if (changed.length > 0) changedParts += 1;
    problems += changed.length;
    for (const { column, from, to } of changed.slice(0, namedChanges - firstProblems.length))
      firstProblems.push(`${column} of "${part.key}" is ${from}, but the table has ${to}`);
    // The other parts are only looked at.
    if (problems > 0) continue;

    const { metadata } = part;
    for (const rowGroup of metadata.row_groups) {
      const { start, end, rowCount, textBytes } = sizeOf(rowGroup);
      rows += rowCount;
      refuseLargeDay(of, { rows });
      if (isOurs(metadata) && (rowCount >= maxRows / 2 || textBytes >= maxTextBytes / 2)) {
        yield flush();
        const chunks = await parsed(of, part.key, () => file.takeOver(rowGroup));
        const judge = pieceJudge(chunks);
        for (const { startByte, endByte } of joinedRanges(chunks.map(chunkRange))) {
          for (let at = startByte; at < endByte; ) {
            const start = at;
            const piece = await part.read(start, Math.min(start + pieceBytes, endByte));
            at = await parsed(of, part.key, () => judge(piece, start));
            file.append(new Uint8Array(piece, 0, at - start));
            yield file.take();
          }
        }
        continue;
      }
      if (group.rowCount + rowCount > maxRows || group.textBytes + textBytes > maxTextBytes) yield flush();
      const bytes = await part.read(start, end);
      await parsed(of, part.key, () => readRows(group, rowGroup, bytes, start));
      // Now that its pages have been found to have so much.
      text += textBytes;
      refuseLargeDay(of, { text });
    }
  }

  if (problems > 0) {
    const more = problems - firstProblems.length;
    throw new PermanentError(
      'changed-type',
      `${firstProblems.join('; ')}${more > 0 ? `; and ${more} more` : ''}. If convert wrote it, have the day converted again: ${replayCommand(of)}. If not, remove it. Then: npx tdf dead-letters redrive`,
      // Parts of both types: the day is probably being converted again.
      { mayHeal: changedParts < count },
    );
  }
  yield flush();
  file.finish({ parts_digest: partsDigest, parts: String(count) });
  yield file.take();
  return { rows };
}

function sizeOf({ columns, num_rows }: RowGroupMetadata) {
  const ranges = columns.map(chunkRange);
  const texts = columns.filter(({ meta_data }) => meta_data?.type === 'BYTE_ARRAY');
  return {
    start: ranges[0]?.startByte ?? 0,
    end: ranges.at(-1)?.endByte ?? 0,
    textBytes: texts.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size), 0),
    rowCount: Number(num_rows),
  };
}
