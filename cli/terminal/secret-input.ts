import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { isCancel, password } from '@clack/prompts';

type Terminal = { readonly isTTY?: boolean | undefined };

export interface SecretSource {
  readonly input: Readable & Terminal;
  /** Where the question goes: not to standard output, which is for results. */
  readonly output: Writable;
}

/**
 * Asks without showing what is typed; reads to the end where nobody can be asked.
 * @throws {Error} when the question was turned down
 */
export async function readSecret(
  question: string,
  { input, output }: SecretSource = { input: process.stdin, output: process.stderr },
): Promise<string> {
  if (!input.isTTY) return text(input);
  const answer = await password({ message: question, input, output });
  if (isCancel(answer)) throw new Error('Cancelled. Nothing was changed.');
  return answer;
}
