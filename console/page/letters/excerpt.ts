import { html } from 'htm/preact';
import type { LetterDetail } from '../../api.ts';

type Shown = NonNullable<LetterDetail['excerpt']>;

/** The bytes around the fault, with the offending ones marked. */
export function Excerpt({ excerpt: { text, line, mark } }: { excerpt: Shown }) {
  const [from, to] = mark;
  return html`<pre class="raw" tabindex="0" aria-label="Line ${line}">${text.slice(0, from)}<mark>${text.slice(from, to) || 'end'}</mark>${text.slice(to)}</pre>`;
}
