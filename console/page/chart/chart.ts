import { computed, effect, signal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect } from 'preact/hooks';
import type { ChartColumn, Chart as Drawn } from '../../api.ts';
import { again } from '../again.ts';
import { get } from '../api.ts';
import { count, number } from '../format.ts';
import { resource } from '../resource.ts';
import { changes, connection, now } from '../state.ts';
import { Lines } from './lines.ts';
import { columnLabel } from './values.ts';

const hour = 3_600_000;
const chosen = signal<string | null>(null);
const columns = resource((signal) => get<readonly ChartColumn[]>('/api/columns', { signal }));
const column = computed(
  () => columns.data.value?.find((one) => one.column === chosen.value) ?? columns.data.value?.[0],
);

/** A week before now, and a day and a half after. */
const chart = resource((signal) => {
  const at = Math.ceil(now.peek().getTime() / hour) * hour;
  const span = {
    from: new Date(at - 7 * 24 * hour).toISOString(),
    to: new Date(at + 36 * hour).toISOString(),
  };
  const query = new URLSearchParams({ column: column.peek()?.column ?? '', ...span });
  return get<Drawn>(`/api/chart?${query}`, { signal });
});

const reloadAgain = again(async () => {
  if (column.peek()) await chart.reload();
  else await columns.reload();
});

/** A column by place over time: what came, and what was forecast. */
export function Chart() {
  useEffect(() => {
    void columns.reload();
    const stops = [
      effect(() => {
        if (column.value) void chart.reload();
      }),
      effect(() => {
        if (changes.rows.value > 0) void reloadAgain();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
  const { value } = chart.data;
  const error = connection.value === 'open' ? (columns.error.value ?? chart.error.value) : null;
  const shown = new Set(value?.series.map(({ place }) => place)).size;
  const label = column.value ? columnLabel(column.value) : 'Values';
  return html`<section class="panel chart" id="chart" tabindex="-1" aria-labelledby="chart-title">
    <header>
      <h2 id="chart-title">Chart</h2>
      ${value && value.places > shown && html`<span class="small quiet cut" title="Those with the most values">${number(shown)} of ${count(value.places, 'place')}</span>`}
      <select aria-label="Column" value=${column.value?.column} onChange=${({
        currentTarget,
      }: {
        currentTarget: HTMLSelectElement;
      }) => {
        chosen.value = currentTarget.value;
      }}>
        ${columns.data.value?.map((one) => html`<option key=${one.column} value=${one.column}>${columnLabel(one)}</option>`)}
      </select>
      <span class="grow" />
      <span class="kinds"><${Kind} name="observed" /><${Kind} name="forecast" /></span>
    </header>
    ${error && html`<p class="fail small" role="alert">${error}</p>`}
    ${
      value === null
        ? !error && html`<div class="body" aria-busy="true"><i class="bone tall" /><i class="bone" /></div>`
        : value.series.every(({ points }) => points.length === 0)
          ? html`<div class="nothing"><b>No observations yet</b>The lines begin with the first run.</div>`
          : html`<${Lines} chart=${value} label=${label} />`
    }
  </section>`;
}

function Kind({ name }: { name: 'observed' | 'forecast' }) {
  return html`<span class="kind small quiet"><svg viewBox="0 0 18 4" aria-hidden="true"><path class="series ${name}" d="M0 2h18" /></svg>${name}</span>`;
}
