import { html } from 'htm/preact';
import { duration, localTime, longDay } from '../format.ts';
import { flow, now, reload } from '../state.ts';
import { healthOf } from './health.ts';
import { ThemeButton } from './theme.ts';

export function Header() {
  return html`<header class="top">
    <h1>
      <svg class="logo" viewBox="0 0 20 20" aria-hidden="true"><path d="M2 5h7M2 10h7M2 15h7M9 5c4 0 3 5 6 5M9 15c4 0 3-5 6-5M9 10h9" /></svg>
      TDF weather pipeline
    </h1>
    <span class="stage" title="It runs on this computer; nothing leaves it but calls to WeatherAPI.com.">local</span>
    <${Health} />
    <${Reloaded} />
    <${Clock} />
    <${ThemeButton} />
  </header>`;
}

function Health() {
  const { kind, parts } = healthOf(flow.value);
  return html`<p class="health grow ${kind}" role="status">
    <span class="cut">${parts.map(({ text, panel }, index) => html`${index > 0 && ', '}${kind === 'bad' ? html`<a href="#${panel}" title=${text}>${text}</a>` : html`<span>${text}</span>`}`)}</span>
  </p>`;
}

/** The code of functions was replaced a moment ago. */
function Reloaded() {
  const { value } = reload;
  if (value?.type !== 'reloaded') return null;
  const told =
    value.functions.length > 0
      ? `${value.functions.join(', ')} replaced in ${duration(value.milliseconds)}`
      : 'It builds again; nothing differs';
  return html`<span class="reloaded small quiet cut" role="status">${told}</span>`;
}

function Clock() {
  const { value } = now;
  return html`<time class="clock num small quiet" datetime=${value.toISOString()} title=${localTime(value)}>
    <span class="day">${longDay(value)}</span> ${value.toISOString().slice(11, 16)}<span class="seconds">${value.toISOString().slice(16, 19)}</span> UTC
  </time>`;
}
