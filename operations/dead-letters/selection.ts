import type { DeadLetter } from '../../shared/dead-letters.ts';

/** Which letters: those for which all of it holds; all letters when nothing is given. */
export interface LetterSelection {
  readonly code?: string | undefined;
  /** The beginning of the raw key, or of the day's prefix. */
  readonly key?: string | undefined;
  /** Beginnings of ids, each of one letter only. */
  readonly ids?: readonly string[] | undefined;
}

/** Longer than the sending of some ten thousand letters takes, in seconds. */
export const holdFor = 300;

/** @throws {Error} when one of the ids is not that of one letter, or something was selected and no letter matches */
export function selectLetters<Letter extends DeadLetter>(
  letters: readonly Letter[],
  { code, key, ids = [] }: LetterSelection,
): Letter[] {
  const named = new Set(ids.map((id) => oneLetter(letters, id)));
  const selected = letters.filter(
    (letter) =>
      (code === undefined || letter.code === code) &&
      (key === undefined || letter.key?.startsWith(key)) &&
      (named.size === 0 || named.has(letter)),
  );
  if (selected.length === 0 && (code !== undefined || key !== undefined || named.size > 0))
    throw new Error(`No dead letter matches. There are: ${codesOf(letters) || 'none'}`);
  return selected;
}

/** "2 not-json, 1 empty" */
export function codesOf(letters: readonly DeadLetter[]): string {
  const byCode = Object.entries(Object.groupBy(letters, ({ code }) => code));
  return byCode.map(([code, those = []]) => `${those.length} ${code}`).join(', ');
}

function oneLetter<Letter extends DeadLetter>(letters: readonly Letter[], id: string): Letter {
  const [letter, another] = letters.filter((each) => id !== '' && each.id.startsWith(id));
  if (letter && !another) return letter;
  throw new Error(
    letter
      ? `Several dead letters have an id that begins with ${id}. Type more of it.`
      : `There is no dead letter with the id ${id}. If another command is reading the queue, it may be hidden for up to ${holdFor / 60} minutes.`,
  );
}

/** The shortest beginnings that tell ids apart, of eight characters at least. */
export function shortIds(letters: readonly DeadLetter[]): ReadonlyMap<string, string> {
  const sorted = letters.map(({ id }) => id).sort();
  return new Map(
    sorted.map((id, index) => {
      const shared = Math.max(
        ...[sorted[index - 1], sorted[index + 1]].map((other) => commonLength(id, other)),
      );
      return [id, id.slice(0, Math.max(8, shared + 1))];
    }),
  );
}

function commonLength(id: string, other = ''): number {
  const differs = [...id].findIndex((character, at) => character !== other[at]);
  return differs < 0 ? id.length : differs;
}
