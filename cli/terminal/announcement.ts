import { printError } from './output.ts';

/** Milliseconds for which nobody wonders. */
const silence = 1000;

/**
 * Says what goes on, should it take longer than a second. Standard output is for results.
 * @returns to be called when it has ended
 */
export function announce(doing: string, say = (text: string) => printError(`… ${text}`)): () => void {
  const timer = setTimeout(say, silence, doing);
  return () => clearTimeout(timer);
}
