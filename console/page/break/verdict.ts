import type { BreakProgress } from '../../api.ts';
import { count, number } from '../format.ts';

export interface Verdict {
  /** Undefined when nothing was broken: then it says nothing. */
  readonly isGood: boolean | undefined;
  readonly headline: string;
  readonly rest: string;
}

/** The oracle's verdict as sentences; null while it goes on. */
export function verdictOf({ verdict, faults, kind, seed }: BreakProgress): Verdict | null {
  if (!verdict) return null;
  const { objects, inTables, dead, problems } = verdict;
  const hits = faults.reduce((sum, { times }) => sum + times, 0);
  const numbers = `${number(inTables)} in a table, ${number(dead)} dead. ${count(hits, 'fault')}, seed ${seed}.`;
  if (problems.length > 0)
    return { isGood: false, headline: `${count(problems.length, 'problem')}.`, rest: numbers };
  if (hits === 0)
    return {
      isGood: undefined,
      headline: `${kind === null ? 'No fault was hit' : 'This fault was not hit'} with seed ${seed}; try another seed.`,
      rest: '',
    };
  return {
    isGood: true,
    headline: `Nothing lost: ${number(inTables + dead)} of ${count(objects, 'object')} accounted for.`,
    rest: numbers,
  };
}
