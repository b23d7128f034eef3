import { shortIds } from '../../../operations/dead-letters/selection.ts';
import { printable } from '../../../operations/printable.ts';
import type { DeadLetter } from '../../../shared/dead-letters.ts';
import { ago } from '../../terminal/ago.ts';
import { print } from '../../terminal/output.ts';

/** Letters by reason, unless there are more reasons than fit on a page. */
export const shownLetters = 10;

/** Letters of a function that say the same about their objects are one paragraph, and those of a day one line. */
export function showLetters(letters: readonly DeadLetter[]): void {
  const now = new Date();
  const ids = shortIds(letters);
  const groups = Object.groupBy(letters, ({ function: by, code, reason, key }) =>
    JSON.stringify([by, code, key === null ? reason : reason.replaceAll(key, 'KEY')]),
  );
  for (const group of Object.values(groups)) {
    const [first, ...others] = group ?? [];
    if (!group || !first) continue;
    const times = others.length > 0 ? `${group.length} × ` : '';
    print(
      { style: 'bold', text: printable(`${times}${first.function}: ${first.code}`) },
      ` ${printable(first.reason)}`,
    );
    const lines = [
      ...Map.groupBy(group, (letter) => (letter.function === 'compact' && letter.key) || letter.id).values(),
    ];
    for (const [{ id, key, sentAt, tries } = first, ...same] of lines.slice(0, shownLetters)) {
      const tried = tries === null ? '' : `, ${tries} ${tries === 1 ? 'try' : 'tries'}`;
      const more = same.length > 0 ? `, ${same.length + 1} letters` : '';
      print(
        `  ${ids.get(id)}  ${printable(key ?? '(names no object)')}  ${ago(sentAt, now)} old${tried}${more}`,
      );
    }
    if (lines.length > shownLetters) print(`  and ${lines.length - shownLetters} more (--json lists all)`);
  }
}
