import { batch, computed, effect, signal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect } from 'preact/hooks';
import { datasetNamed, datasetNames } from '../../../shared/datasets.ts';
import type { CalendarCell, Calendar as Days } from '../../api.ts';
import { useAction } from '../action.ts';
import { again } from '../again.ts';
import { act, get } from '../api.ts';
import { clock, number } from '../format.ts';
import { resource } from '../resource.ts';
import { changes, connection, flow, now } from '../state.ts';
import { Grid } from './grid.ts';
import { Legend } from './legend.ts';
import { actionNames, untilFor } from './said.ts';

const dataset = signal(datasetNames[0] ?? '');
const view = signal<Days['view']>('hours');
/** The last day; null for today. */
const until = signal<string | null>(null);
const address = computed(() => {
  const query = new URLSearchParams({ dataset: dataset.value, view: view.value });
  if (until.value) query.set('until', until.value);
  return `/api/calendar?${query}`;
});
const days = resource((signal) => get<Days>(address.peek(), { signal }));

const reloadAgain = again(days.reload);

/** Which runs came, and what is to be done about those that did not. */
export function Calendar() {
  useEffect(() => {
    const stops = [
      effect(() => {
        if (address.value) void days.reload();
      }),
      effect(() => {
        if (changes.calendar.value > 0) void reloadAgain();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
  const { value } = days.data;
  const error = connection.value === 'open' ? days.error.value : null;
  const show = (next: Days['view'], last: string | null = null) => {
    batch(() => {
      view.value = next;
      until.value = last;
    });
  };
  return html`<section class="panel calendar" id="calendar" tabindex="-1" aria-labelledby="calendar-title">
    <header>
      <h2 id="calendar-title">Calendar</h2>
      <select aria-label="Dataset" value=${dataset} onChange=${({
        currentTarget,
      }: {
        currentTarget: HTMLSelectElement;
      }) => {
        batch(() => {
          dataset.value = currentTarget.value;
          // With one run per day there is little to see in the hours.
          const isDaily = datasetNamed(currentTarget.value)?.identity === 'place-and-day';
          show(isDaily ? 'year' : view.value);
        });
      }}>
        ${datasetNames.map((name) => html`<option key=${name} value=${name}>${name.slice(name.indexOf('/') + 1)}</option>`)}
      </select>
      <span class="switch" role="group" aria-label="Scale">
        <button type="button" aria-pressed=${view.value === 'hours'} onClick=${() => show('hours')}>Hours</button>
        <button type="button" aria-pressed=${view.value === 'year'} onClick=${() => show('year')}>Year</button>
      </span>
      ${until.value && html`<button type="button" class="plain" onClick=${() => show('hours')}>To today</button>`}
      <span class="grow" />
      ${value?.action && html`<${All} calendar=${value} />`}
    </header>
    ${error && html`<p class="fail small" role="alert">${error}</p>`}
    ${
      value === null
        ? !error && html`<div class="body" aria-busy="true"><i class="bone tall" /><i class="bone" /></div>`
        : value.cells.every(isQuiet)
          ? html`<${Nothing} />`
          : html`<${Grid} calendar=${value} onDay=${(at: string) => show('hours', untilFor(at, now.peek()))} /><${Legend} cells=${value.cells} />`
    }
  </section>`;
}

function isQuiet({ state }: CalendarCell): boolean {
  return state === 'none' || state === 'due';
}

function Nothing() {
  const next = flow.value?.schedules.find((schedule) => schedule.dataset === dataset.value)?.next;
  return html`<div class="nothing">
    <b>Nothing has landed yet</b>
    <span>${next && `The next run is at ${clock(next)} UTC. `}For a month of history:</span>
    <code>npm run dev -- --fill 30</code>
  </div>`;
}

/** The button for all that is missing. */
function All({ calendar: { action, cells } }: { calendar: Days }) {
  const { run, isBusy, error } = useAction();
  if (!action) return null;
  const missing = cells.filter(({ state }) => state === 'missing').length;
  return html`${error && html`<span class="small bad" role="alert">${error}</span>`}
    <button type="button" disabled=${isBusy} onClick=${() => run(() => act(action))}>${actionNames[action.kind]}${missing > 0 && ` ${number(missing)}`}</button>`;
}
