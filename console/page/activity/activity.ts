import { html } from 'htm/preact';
import type { ActivityStep, Activity as Entry } from '../../api.ts';
import { Instant } from '../instant.ts';
import { activities, ask, showLetter } from '../state.ts';

/** What happened, newest entry first, one step per line. */
export function Activity() {
  const { value } = activities;
  return html`<section class="panel activity" id="activity" aria-labelledby="activity-title">
    <header><h2 id="activity-title">Activity</h2></header>
    ${
      value === null
        ? html`<div class="body" aria-busy="true"><i class="bone" /><i class="bone" /><i class="bone" /></div>`
        : value.length === 0
          ? html`<div class="nothing"><b>Nothing has happened since this start</b>Run it now, or drop a file: its fate is told here, step by step.</div>`
          : html`<ol class="scroller feed" tabindex="0" aria-label="What happened, newest first">
              ${value.map((entry) => html`<${Told} key=${entry.id} entry=${entry} />`)}
            </ol>`
    }
  </section>`;
}

function Told({ entry: { title, at, steps } }: { entry: Entry }) {
  return html`<li>
    <div class="line"><b class="grow small cut" title=${title}>${title}</b><span class="small quiet"><${Instant} at=${at} /></span></div>
    <ol class="steps">${steps.map((step) => html`<${Step} key=${step.at + step.text} step=${step} />`)}</ol>
  </li>`;
}

function Step({ step: { at, text, state, sql, letterId } }: { step: ActivityStep }) {
  return html`<li class=${state} title="${at.slice(11, 19)} UTC">
    ${text}
    ${sql && html` <button type="button" class="link" onClick=${() => ask(sql)}>See its rows</button>`}
    ${letterId && html` <button type="button" class="link" onClick=${() => showLetter(letterId)}>See why</button>`}
  </li>`;
}
