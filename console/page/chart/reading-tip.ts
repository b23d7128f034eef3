import { html } from 'htm/preact';
import { clock, localTime, longDay } from '../format.ts';
import { placeLook } from './place.ts';
import type { Reading } from './series.ts';
import { type Measure, valueText } from './values.ts';

/** The values under the crosshair. */
export function ReadingTip({
  at,
  measure,
  readings,
}: {
  at: string;
  measure: Measure;
  readings: readonly Reading[];
}) {
  const hasObserved = readings.some(({ observed }) => observed !== null);
  const hasForecast = readings.some(({ forecast }) => forecast !== null);
  return html`<b>${longDay(at)}, ${clock(at)} UTC</b>
    <p class="quiet">${localTime(at)}</p>
    <table class="readings num">
      <thead><tr><th scope="col"><span class="unseen">Place</span></th>${hasObserved && html`<th scope="col">observed</th>`}${hasForecast && html`<th scope="col">forecast</th>`}</tr></thead>
      <tbody>${readings.map(
        ({ place, rank, observed, forecast }) => html`<tr key=${place}>
          <th scope="row" class=${placeLook(rank)}>${place}</th>
          ${hasObserved && html`<td>${valueText(observed, measure)}</td>`}
          ${hasForecast && html`<td class="quiet">${valueText(forecast, measure)}</td>`}
        </tr>`,
      )}</tbody>
    </table>`;
}
