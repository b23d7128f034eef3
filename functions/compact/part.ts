import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { PermanentError } from '../../shared/errors.ts';
import type { TableDay } from '../../shared/keys.ts';
import { readFooter } from '../parquet/footer.ts';

/** A curated object. An error of its reader is no fault of the file's, so it passes through: it is worth another try. */
export interface Part {
  readonly key: string;
  readonly file: AsyncBuffer;
}

/** A part whose footer is known. */
export interface OpenPart {
  readonly key: string;
  readonly metadata: FileMetaData;
  read(start: number, end: number): Promise<ArrayBuffer>;
}

/** Read at once from the end of a part. Most parts are smaller, so that they take one request. */
const tailBytes = 512 * 1024;

/** More than any footer of convert's has. */
const maxFooterBytes = 64 * 1024 * 1024;

/** The footer's length and `PAR1`, at the end of a file. */
const trailerBytes = 8;

/** Also at its beginning. */
const magic = 'PAR1';

/** @throws {PermanentError} `not-parquet` */
export async function openPart(of: TableDay, { key, file }: Part): Promise<OpenPart> {
  const { byteLength } = file;
  await parsed(of, key, () => {
    if (byteLength === 0) throw new Error('it is empty');
    if (byteLength < magic.length + trailerBytes) throw new Error('it has no footer');
  });
  const tailStart = Math.max(0, byteLength - tailBytes);
  const tail = await readAll(file, tailStart, byteLength);
  const read = async (start: number, end: number) =>
    start >= tailStart ? tail.slice(start - tailStart, end - tailStart) : readAll(file, start, end);
  const head = await read(0, magic.length);
  const end = await parsed(of, key, () => {
    const isMagic = (bytes: ArrayBuffer) => Buffer.from(bytes).toString('latin1') === magic;
    if (!isMagic(tail.slice(-magic.length))) throw new Error('it has no footer');
    if (!isMagic(head)) throw new Error(`it does not begin with ${magic}`);
    const length = new DataView(tail).getUint32(tail.byteLength - trailerBytes, true);
    const start = byteLength - trailerBytes - length;
    if (start < 4 || length > maxFooterBytes) throw new Error(`the footer cannot have ${length} bytes`);
    return start;
  });
  const footer = await read(end, byteLength);
  const metadata = await parsed(of, key, () => readFooter(footer, end));
  return { key, metadata, read };
}

async function readAll(file: AsyncBuffer, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = await file.slice(start, end);
  if (bytes.byteLength !== end - start)
    throw new Error(`Expected ${end - start} bytes of an object, got ${bytes.byteLength}.`);
  return bytes;
}

/**
 * What is parsed out of bytes that have been read.
 * @throws {PermanentError} `not-parquet` for any error
 */
export async function parsed<T>(of: TableDay, key: string, parse: () => T | Promise<T>): Promise<T> {
  try {
    return await parse();
  } catch (error) {
    // JavaScript's own errors, a TypeError for instance, tell nothing about the file.
    const reason = (error as Error).constructor === Error ? (error as Error).message : 'it cannot be read';
    throw new PermanentError(
      'not-parquet',
      `"${key}" is not one of convert's files, or it is damaged: ${reason}. If convert wrote it, replay the day: ${replayCommand(of)}. If not, remove it. Then: npx tdf dead-letters redrive`,
      { cause: error },
    );
  }
}

export function replayCommand({ dataset, day }: TableDay): string {
  return `npx tdf replay --dataset ${dataset.name} --from ${day} --to ${day}`;
}
