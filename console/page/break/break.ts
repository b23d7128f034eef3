import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect } from 'preact/hooks';
import { useAction } from '../action.ts';
import { get, send } from '../api.ts';
import { count } from '../format.ts';
import { breaking, connection } from '../state.ts';
import { verdictOf } from './verdict.ts';

/** Breaks a pipeline of its own on purpose, and shows what the oracle says. */
export function Break() {
  const kinds = useSignal<readonly string[]>([]);
  const kind = useSignal('');
  const seed = useSignal(42);
  const { run, isBusy, error } = useAction();
  const isOpen = connection.value === 'open';
  useEffect(() => {
    if (!isOpen || kinds.value.length > 0) return;
    void run(async () => {
      kinds.value = await get<readonly string[]>('/api/faults');
    });
  }, [isOpen]);

  const goes = breaking.value !== null && breaking.value.verdict === null;
  const breakIt = (event: Event) => {
    event.preventDefault();
    const chosen = kind.value ? { kind: kind.value } : {};
    void run(() => send('POST', '/api/break', { seed: seed.value, ...chosen }));
  };
  return html`<section class="panel break" id="break" aria-labelledby="break-title">
    <header><h2 id="break-title">Break something</h2></header>
    <div class="body">
      <form class="line" onSubmit=${breakIt}>
        <select class="grow" aria-label="Fault" onChange=${(event: Event) => {
          kind.value = (event.target as HTMLSelectElement).value;
        }}>
          <option value="">A bit of everything</option>
          ${kinds.value.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
        </select>
        <input type="number" min="1" required aria-label="Seed" title="The same seed breaks the same things" value=${seed.value}
          onInput=${(event: Event) => {
            seed.value = (event.target as HTMLInputElement).valueAsNumber;
          }} />
        <button disabled=${isBusy || goes || !isOpen}>Break it</button>
      </form>
      ${error && html`<p class="fail small" role="alert">${error}</p>`}
      <${Progress} />
    </div>
  </section>`;
}

function Progress() {
  const { value } = breaking;
  if (!value) {
    return html`<p class="small quiet">Breaks a pipeline apart from yours while objects travel, then counts what became of each.</p>`;
  }
  const verdict = verdictOf(value);
  const look = !verdict || verdict.isGood ? '' : verdict.isGood === undefined ? 'neutral' : 'bad';
  return html`
    <progress class=${look} max=${value.of} value=${value.done} aria-label="Objects settled" />
    <p class="small" role="status">
      ${
        verdict
          ? html`<b class=${verdict.isGood === false ? 'bad' : ''}>${verdict.headline}</b> <span class="quiet">${verdict.rest}</span>`
          : html`<span class="quiet">${value.done} of ${count(value.of, 'step')}, seed ${value.seed}.</span>`
      }
    </p>
    ${value.verdict?.problems.map((text) => html`<p key=${text} class="small bad">${text}</p>`)}
    ${
      value.faults.length > 0 &&
      html`<details class="small"><summary>Faults that were hit</summary><dl class="pairs">
        ${value.faults.map(({ kind, times }) => html`<dt key=${kind}>${kind}</dt><dd class="num">${times}</dd>`)}
      </dl></details>`
    }`;
}
