import type { Letter } from '../../api.ts';
import { ago, count } from '../format.ts';

/** Letters with one reason: they can be treated alike. */
export interface LetterGroup {
  readonly id: string;
  readonly code: string;
  /** `2 objects, tried once, the newest 2 h ago`. */
  readonly summary: string;
  /** Newest first. */
  readonly letters: readonly Letter[];
}

/** The largest group first. */
export function groupLetters(letters: readonly Letter[], now: Date): LetterGroup[] {
  const groups = Map.groupBy(letters, (letter) => `${letter.function} ${letter.code}`);
  return [...groups]
    .map(([id, group]) => {
      const newestFirst = group.toSorted((a, b) => (a.sentAt < b.sentAt ? 1 : -1));
      return { id, code: group[0]?.code ?? '', summary: summaryOf(newestFirst, now), letters: newestFirst };
    })
    .sort((a, b) => b.letters.length - a.letters.length);
}

function summaryOf(letters: readonly Letter[], now: Date): string {
  const [newest] = letters;
  if (!newest) return '';
  const what = newest.function === 'convert' ? count(letters.length, 'object') : count(letters.length, 'day');
  const tries = new Set(letters.map((letter) => letter.tries));
  const tried = tries.size === 1 && newest.tries !== null ? [triedText(newest.tries)] : [];
  const when = ago(newest.sentAt, now);
  return [what, ...tried, letters.length === 1 ? when : `the newest ${when}`].join(', ');
}

function triedText(tries: number): string {
  return tries === 1 ? 'tried once' : `tried ${tries} times`;
}
