import { confirm, isCancel } from '@clack/prompts';
import { printableLines } from '../../operations/printable.ts';

/** Whether somebody can be asked. Questions go to standard error: standard output is for results. */
export function canAsk(): boolean {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY);
}

/** Asks for a yes; whatever is not one is a no. Ask only where {@link canAsk}. */
export async function confirmed(question: string): Promise<boolean> {
  const message = printableLines(question);
  const answer = await confirm({ message, initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
}
