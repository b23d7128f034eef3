import { counted } from '../../../operations/counted.ts';
import { deadLettersOf } from '../../../operations/dead-letters/dead-letters-of.ts';
import { codesOf } from '../../../operations/dead-letters/selection.ts';
import { observing } from '../../../operations/observed.ts';
import { printable } from '../../../operations/printable.ts';
import { next } from '../../target-options.ts';
import { interruptible } from '../../terminal/interruption.ts';
import { print, printJson } from '../../terminal/output.ts';
import type { Options } from './options.ts';
import { showLetters } from './show-letters.ts';

export async function listLetters(options: Options): Promise<void> {
  const letters = await interruptible((signal) =>
    observing(options, (observed) => deadLettersOf(observed).list({ signal })),
  );
  if (options.json) return printJson(letters);
  if (letters.length === 0) return print('There are no dead letters.');
  showLetters(letters);
  print(
    [
      '',
      `${counted(letters.length, 'dead letter')}: ${printable(codesOf(letters))}`,
      'Fix what the reasons say: the raw object, its place, or the code. Then send them again:',
      `  ${next('dead-letters redrive [ID… | --code CODE | --key PREFIX]', options)}`,
      `To give some up: ${next('dead-letters drop ID…', options)}`,
    ].join('\n'),
  );
}
