import type { Breaking } from '../../api.ts';
import { count, number } from '../format.ts';

export interface Verdict {
  readonly isGood: boolean;
  readonly headline: string;
  readonly rest: string;
}

/** The oracle's verdict as sentences; null while it goes on. */
export function verdictOf({ verdict, faults, seed }: Breaking): Verdict | null {
  if (!verdict) return null;
  const { objects, inTables, dead, problems } = verdict;
  const hits = faults.reduce((sum, { times }) => sum + times, 0);
  const numbers = `${number(inTables)} in a table, ${number(dead)} dead. ${count(hits, 'fault')}, seed ${seed}.`;
  if (problems.length > 0)
    return { isGood: false, headline: `${count(problems.length, 'problem')}.`, rest: numbers };
  return {
    isGood: true,
    headline: `Nothing lost: ${number(inTables + dead)} of ${count(objects, 'object')} accounted for.`,
    rest: numbers,
  };
}
