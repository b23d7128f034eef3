import { readRaw } from '../../functions/convert/raw-object.ts';
import type { Deployed } from '../deployed.ts';
import { faultIn, shownBytes } from '../explain/fault.ts';
import { type Content, contentOf } from './content.ts';
import type { Mark } from './fault-mark.ts';
import { judge } from './judge.ts';
import type { Letter } from './letters.ts';

export interface LetterDetail {
  readonly letter: Letter;
  readonly excerpt: Excerpt | null;
  /** The whole object, when it is text that can be edited. */
  readonly content: Content | null;
}

/** What is around a fault. */
export interface Excerpt {
  readonly text: string;
  /** Of the fault, from 1. */
  readonly line: number;
  /** Characters of the text. */
  readonly mark: Mark;
}

/** Characters that are shown on each side of the fault, at most. */
const around = shownBytes;

/** A letter with what it is about, as that is now. */
export async function letterDetail(
  { s3, outputs }: Pick<Deployed, 's3' | 'outputs'>,
  letter: Letter,
  signal: AbortSignal,
): Promise<LetterDetail> {
  const { key, reason } = letter;
  if (letter.function !== 'convert' || key === null) return { letter, excerpt: null, content: null };
  const content = await contentOf({ s3, bucket: outputs.RawBucketName }, key);
  if (content) {
    const { mark } = await judge(key, content.text, signal);
    return { letter, excerpt: mark && excerptOf(content.text, mark), content };
  }
  const object = await readRaw(s3, outputs.RawBucketName, key, signal);
  const fault = object && (await faultIn(object.body, reason).catch(() => undefined));
  if (!fault) return { letter, excerpt: null, content: null };
  return { letter, excerpt: { ...fault, mark: markOf(fault.text, reason) }, content: null };
}

/** The lines that a mark is in, or of long ones what is around it. */
export function excerptOf(text: string, [from, to]: Mark): Excerpt {
  const lineStart = text.lastIndexOf('\n', from - 1) + 1;
  const nextLine = text.indexOf('\n', from);
  const lineEnd = nextLine < 0 ? text.length : nextLine;
  const [start, end] = [
    Math.max(lineStart, from - around),
    Math.min(lineEnd, Math.max(from, Math.min(to, from + around)) + around),
  ];
  const before = start > lineStart ? '…' : '';
  const shown = `${before}${text.slice(start, end)}${end < lineEnd ? '…' : ''}`.toWellFormed();
  const shift = before.length - start;
  const last = shown.length - (end < lineEnd ? 1 : 0);
  return {
    text: shown,
    line: text.slice(0, from).split('\n').length,
    mark: [from + shift, Math.min(to + shift, last)],
  };
}

/** In what `faultIn` shows of a long text: the named place, or all of it. */
function markOf(text: string, reason: string): Mark {
  const position = /at position (\d+)/.exec(reason)?.[1];
  if (position === undefined) return [0, text.length];
  const at = Math.min(text.startsWith('…') ? 1 + shownBytes / 2 : Number(position), text.length);
  return [at, Math.min(at + 1, text.length)];
}
