import { html } from 'htm/preact';
import { type CalendarCell, cellStates } from '../../api.ts';
import { number } from '../format.ts';
import { cellShapes } from './shapes.ts';

const box = { x: 1, y: 1, width: 8, height: 8 };

/** The states that are there, with their counts. */
export function Legend({ cells }: { cells: readonly CalendarCell[] }) {
  const counts = Map.groupBy(cells, ({ state }) => state);
  return html`<ul class="legend small quiet" aria-label="States">
    ${cellStates
      .filter((state) => state !== 'none' && counts.has(state))
      .map(
        (state) => html`<li key=${state}>
          <svg viewBox="0 0 10 10" aria-hidden="true">${cellShapes(state, box).map(({ look, path }) => html`<path class="cell-${look}" d=${path} />`)}</svg>
          ${state} <b class="num">${number(counts.get(state)?.length ?? 0)}</b>
        </li>`,
      )}
  </ul>`;
}
