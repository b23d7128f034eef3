import type { DeadLetter } from '../../shared/dead-letters.ts';

/** Which letters: those for which all of it holds; all letters when nothing is given. */
export interface LetterSelection {
  readonly code?: string | undefined;
  /** The beginning of the raw key. */
  readonly key?: string | undefined;
  /** Beginnings of ids, each of one letter only. */
  readonly ids?: readonly string[] | undefined;
}

/** Longer than the sending of some ten thousand letters takes, in seconds. */
export const holdFor = 300;

/** @throws {Error} when one of the ids is not that of one letter */
export function selectLetters<Letter extends DeadLetter>(
  letters: readonly Letter[],
  { code, key, ids = [] }: LetterSelection,
): Letter[] {
  const named = new Set(ids.map((id) => oneLetter(letters, id)));
  return letters.filter(
    (letter) =>
      (code === undefined || letter.code === code) &&
      (key === undefined || letter.key?.startsWith(key)) &&
      (named.size === 0 || named.has(letter)),
  );
}

function oneLetter<Letter extends DeadLetter>(letters: readonly Letter[], id: string): Letter {
  const [letter, another] = letters.filter((each) => each.id.startsWith(id));
  if (letter && !another) return letter;
  throw new Error(
    letter
      ? `Several dead letters have an id that begins with ${id}. Type more of it.`
      : `There is no dead letter with the id ${id}. Should somebody else be at work on the dead letters, it is out of sight for up to ${holdFor / 60} minutes.`,
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
