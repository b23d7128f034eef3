import { html } from 'htm/preact';
import { connection, reload } from '../state.ts';

/** What is wrong with what the page shows, and what to do. */
export function Banner() {
  if (connection.value === 'gone') {
    return html`<p class="banner" role="alert"><b>The server is gone; what you see is old.</b> Start it with <code>npm run dev</code>: the page finds it again by itself.</p>`;
  }
  const { value } = reload;
  if (value?.type === 'reload-failed') {
    return html`<p class="banner" role="alert"><b>Your change does not build; the code before it keeps running.</b> ${value.reason}</p>`;
  }
  return null;
}
