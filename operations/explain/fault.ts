import { unpacked } from '../../functions/reader/plain-bytes.ts';

/** The text that a conversion stumbled over. */
export interface Fault {
  readonly line: number;
  /** A part of the line, with an ellipsis where it is cut. */
  readonly text: string;
}

/** Bytes that are shown: around the place that the reason names, or the first ones. */
export const shownBytes = 160;

const lineBreak = 0x0a;

/**
 * The line that a dead letter's reason names, of a raw object as it comes; no more of it is read or held than is needed.
 * Undefined when the reason names none, or its record cannot be told from its line.
 */
export async function faultIn(body: AsyncIterable<Uint8Array>, reason: string): Promise<Fault | undefined> {
  const named = /^(?:(Line|Record) (\d+)(?!\d|, element)|The file is not)/.exec(reason);
  if (!named) return undefined;
  const [, kind] = named;
  const wanted = Number(named[2] ?? 1);
  const position = Number(/at position (\d+)/.exec(reason)?.[1] ?? 0);
  const from = Math.max(0, position - shownBytes / 2);
  let line = 1;
  let bytes = 0;
  let shown = Buffer.alloc(0);
  for await (const piece of unpacked(body)) {
    for (let start = 0; start < piece.length; ) {
      const found = kind === undefined ? -1 : piece.indexOf(lineBreak, start);
      const end = found < 0 ? piece.length : found;
      // Of lines, each has a record: what an array holds, or a document of many lines, is not looked for.
      if (kind === 'Record' && bytes === 0 && piece[start] !== openBrace) return undefined;
      if (line === wanted) {
        const part = piece.subarray(start + Math.max(0, from - bytes), end);
        shown = Buffer.concat([shown, part.subarray(0, shownBytes + 1 - shown.length)]);
      }
      bytes += end - start;
      start = end + 1;
      if (line === wanted && (found >= 0 || shown.length > shownBytes)) return fault(line, shown, from);
      if (found < 0) continue;
      line += 1;
      bytes = 0;
    }
  }
  return line === wanted && shown.length > 0 ? fault(line, shown, from) : undefined;
}

const openBrace = 0x7b;

function fault(line: number, shown: Buffer, from: number): Fault {
  const text = shown.subarray(0, shownBytes).toString();
  return { line, text: `${from > 0 ? '…' : ''}${text}${shown.length > shownBytes ? '…' : ''}` };
}
