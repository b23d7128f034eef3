import type { Judgement } from '../../api.ts';
import { count } from '../format.ts';

/** What convert would say of a text, as a sentence. */
export function sentenceOf({ reason, rows }: Judgement): string {
  if (reason) return `Convert would refuse it: ${reason}`;
  return rows === null ? 'Convert would take it.' : `Convert would take it: ${count(rows, 'row')}.`;
}
