import { html } from 'htm/preact';
import type { CalendarCell } from '../../api.ts';
import { useAction } from '../action.ts';
import { act } from '../api.ts';
import { clock, count, localTime, longDay } from '../format.ts';
import { ask, say } from '../state.ts';
import { hideTip } from '../tip.ts';
import { actionNames, rowsQuery, saidOf } from './said.ts';

interface Props {
  readonly dataset: string;
  readonly cell: CalendarCell;
  readonly isDay: boolean;
  readonly isPinned: boolean;
  readonly onHours: () => void;
}

/** What became of an hour or a day; pinned, with the buttons that belong to it. */
export function CellTip({ dataset, cell, isDay, isPinned, onHours }: Props) {
  const { run, isBusy, error } = useAction();
  const { action } = cell;
  const sql = rowsQuery(dataset, cell);
  const leave = (next: () => void) => () => {
    hideTip({ pinned: true });
    next();
  };
  return html`
    <b>${longDay(cell.at)}${!isDay && `, ${clock(cell.at)} UTC`}</b>
    ${!isDay && html` <span class="quiet">${localTime(cell.at)}</span>`}
    <p>${saidOf(cell)}${cell.rows !== null && html` <span class="quiet">${count(cell.rows, 'row')}</span>`}</p>
    ${cell.rawKey && html`<p class="mono quiet">${cell.rawKey}</p>`}
    ${error && html`<p class="bad" role="alert">${error}</p>`}
    ${
      isPinned
        ? html`<div class="line">
            ${
              action &&
              html`<button type="button" class="primary" disabled=${isBusy} onClick=${async () => {
                if (!(await run(() => act(action)))) return;
                hideTip({ pinned: true });
                say(`${actionNames[action.kind]}: it is on its way.`);
              }}>${actionNames[action.kind]}</button>`
            }
            ${sql && html`<button type="button" onClick=${leave(() => ask(sql))}>See its rows</button>`}
            ${isDay && html`<button type="button" onClick=${leave(onHours)}>See its hours</button>`}
          </div>`
        : (action || sql || isDay) &&
          html`<p class="quiet">Click or Enter: ${action ? actionNames[action.kind].toLowerCase() : isDay ? 'see its hours' : 'see its rows'}</p>`
    }`;
}
