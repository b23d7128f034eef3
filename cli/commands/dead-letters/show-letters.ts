import { shortIds } from '../../../operations/dead-letters/selection.ts';
import type { DeadLetter } from '../../../shared/dead-letters.ts';
import { ago } from '../../terminal/ago.ts';
import { print } from '../../terminal/output.ts';
import { printable } from '../../terminal/printable.ts';

/** Letters by reason, unless there are more reasons than fit on a page. */
export const shownLetters = 10;

/** Letters that say the same about their objects are one paragraph. */
export function showLetters(letters: readonly DeadLetter[]): void {
  const now = new Date();
  const ids = shortIds(letters);
  const groups = Object.groupBy(letters, ({ code, reason, key }) =>
    JSON.stringify([code, key === null ? reason : reason.replaceAll(key, 'KEY')]),
  );
  for (const group of Object.values(groups)) {
    const [first, ...others] = group ?? [];
    if (!group || !first) continue;
    const times = others.length > 0 ? `${group.length} × ` : '';
    print({ style: 'bold', text: printable(`${times}${first.code}`) }, ` ${printable(first.reason)}`);
    for (const { id, key, sentAt, tries } of group.slice(0, shownLetters)) {
      const tried = tries === null ? '' : `, ${tries} ${tries === 1 ? 'try' : 'tries'}`;
      print(`  ${ids.get(id)}  ${printable(key ?? '(names no object)')}  ${ago(sentAt, now)} old${tried}`);
    }
    if (group.length > shownLetters) print(`  and ${group.length - shownLetters} more (--json lists all)`);
  }
}
