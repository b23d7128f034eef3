import { html } from 'htm/preact';
import { clock, localTime } from './format.ts';

/** A time in UTC; the local one on hover. */
export function Instant({ at, text = clock(at) }: { at: string; text?: string }) {
  return html`<time class="num" datetime=${at} title="UTC; ${localTime(at)}">${text}</time>`;
}
