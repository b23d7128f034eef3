import { useComputed, useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useAction } from '../action.ts';
import { act } from '../api.ts';
import { count } from '../format.ts';
import { connection, flow, letters, now, openLetter } from '../state.ts';
import { GivenUp } from './given-up.ts';
import { groupLetters, type LetterGroup } from './groups.ts';
import { OpenLetter } from './open-letter.ts';

/** So many of a reason are listed before somebody asks for all. */
const listed = 10;

/** What nobody but you can help: the messages that were given up, by their reason. */
export function Letters() {
  const { value } = letters.data;
  const all = value?.letters ?? [];
  // Ages are told to the minute: they need not be counted again each second.
  const minute = useComputed(() => Math.floor(now.value.getTime() / 60_000));
  const groups = groupLetters(all, new Date(Math.max(minute.value * 60_000, now.peek().getTime())));
  const open = all.find(({ id }) => id === openLetter.value)?.id ?? groups[0]?.letters[0]?.id;
  return html`<section class="panel letters" id="letters" tabindex="-1" aria-labelledby="letters-title">
    <header>
      <h2 id="letters-title">Dead letters</h2>
      ${value && html`<span class=${all.length > 0 ? 'count bad' : 'count'}>${all.length}</span>`}
    </header>
    <div class="body" aria-busy=${!value && !letters.error.value}>
      ${letters.error.value && connection.value === 'open' && html`<p class="fail small" role="alert">${letters.error.value}</p>`}
      ${!value && !letters.error.value && html`<i class="bone" /><i class="bone" />`}
      ${groups.map((group) => html`<${Group} key=${group.id} group=${group} open=${open} />`)}
      ${value && all.length === 0 && html`<p class="calm small">${flow.value?.isEmpty ? 'What cannot be converted will wait here, with its reason.' : 'Everything that landed is in a table, or on its way.'}</p>`}
      ${value && html`<${GivenUp} keys=${value.givenUp} />`}
    </div>
  </section>`;
}

function Group({ group, open }: { group: LetterGroup; open: string | undefined }) {
  const { code, summary, letters: members } = group;
  const showsAll = useSignal(false);
  const shown = showsAll.value ? members : members.filter(({ id }, index) => index < listed || id === open);
  const { run, isBusy, error } = useAction();
  const ids = members.map(({ id }) => id);
  return html`<div class="group" role="group" aria-label="${code}: ${summary}">
    <h3 class="small"><b class="bad">${code}</b> <span class="quiet">${summary}</span></h3>
    ${
      members.length > 1 &&
      html`<div class="line">
        <button type="button" disabled=${isBusy} onClick=${() => run(() => act({ kind: 'redrive', ids }))}>Redrive all ${members.length}</button>
        <span class="grow" />
        <button type="button" class="plain" disabled=${isBusy} onClick=${() => run(() => act({ kind: 'give-up', ids }))}>Give up all ${members.length}</button>
      </div>`
    }
    ${error && html`<p class="fail small" role="alert">${error}</p>`}
    ${shown.map((letter) =>
      letter.id === open
        ? html`<${OpenLetter} key=${letter.id} letter=${letter} />`
        : html`<div class="line" key=${letter.id}>
            <span class="grow mono key">${letter.key ?? letter.reason}</span>
            <button type="button" onClick=${() => {
              openLetter.value = letter.id;
            }}>Open</button>
          </div>`,
    )}
    ${
      shown.length < members.length &&
      html`<button type="button" class="link" onClick=${() => {
        showsAll.value = true;
      }}>Show ${count(members.length - shown.length, 'more', 'more')}</button>`
    }
  </div>`;
}
