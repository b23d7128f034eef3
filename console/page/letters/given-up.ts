import { html } from 'htm/preact';
import { useAction } from '../action.ts';
import { act } from '../api.ts';
import { count } from '../format.ts';

/** What was given up: its bytes are kept, and there is a way back. */
export function GivenUp({ keys }: { keys: readonly string[] }) {
  const { run, isBusy, error } = useAction();
  if (keys.length === 0) return null;
  const takeBack = (some: readonly string[]) => run(() => act({ kind: 'take-back', keys: some }));
  return html`<details class="given-up small" open=${keys.length === 1}>
    <summary class="quiet">${count(keys.length, 'object')} given up; the bytes are kept</summary>
    ${error && html`<p class="fail" role="alert">${error}</p>`}
    ${keys.slice(0, 20).map(
      (key) => html`<div class="line" key=${key}>
        <span class="grow mono key quiet">${key}</span>
        <button type="button" disabled=${isBusy} aria-label="Take ${key} back" onClick=${() => takeBack([key])}>Take it back</button>
      </div>`,
    )}
    ${keys.length > 1 && html`<button type="button" disabled=${isBusy} onClick=${() => takeBack(keys)}>Take all ${keys.length} back</button>`}
  </details>`;
}
