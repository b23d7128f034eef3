import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useMemo } from 'preact/hooks';
import { localTime } from '../format.ts';
import { Beside } from './beside.ts';
import { type Cell, cellText, decimalsOf, isInstant } from './cell.ts';
import { openRow, type Result } from './query.ts';
import { nextSort, type Sort, sorted } from './sort.ts';

/** So many rows are drawn before somebody scrolls to more. */
const step = 100;

/** The rows of a query. One that has a raw key opens beside its raw line. */
export function Table({ result }: { result: Result }) {
  const { columns, rows } = result;
  const order = useSignal<Sort | null>(null);
  const drawn = useSignal(step);

  const { value: by } = order;
  const inOrder = useMemo(
    () => sorted(rows, by, by !== null && columns[by.column]?.isNumeric === true),
    [rows, by],
  );
  const decimals = useMemo(() => columns.map((column, i) => decimalsOf(column, rows, i)), [rows]);
  const names = columns.map(({ name }) => name);
  const canOpen = names.includes('raw_key');
  if (rows.length === 0) {
    return html`<div class="nothing">${result.end ? html`<b>No rows</b>The query is fine; nothing matches it.` : html`<b>The rows are coming</b>`}</div>`;
  }
  return html`<div class="scroller" tabindex="0" role="region" aria-label="Result"
    onScroll=${({
      currentTarget: { scrollTop, clientHeight, scrollHeight },
    }: {
      currentTarget: HTMLElement;
    }) => {
      if (scrollTop + clientHeight > scrollHeight - 400 && drawn.value < rows.length) drawn.value += step;
    }}>
    <table class="data" aria-rowcount=${rows.length + 1}>
      <thead><tr>
        ${canOpen && html`<th scope="col"><span class="unseen">Raw line</span></th>`}
        ${columns.map(
          (
            { name, unit, isNumeric },
            i,
          ) => html`<th key=${name} scope="col" class=${isNumeric ? 'right' : ''} aria-sort=${by?.column === i ? (by.isDown ? 'descending' : 'ascending') : undefined}>
            <button type="button" onClick=${() => {
              order.value = nextSort(by, i);
            }}>${name}${unit && html` <i>${unit}</i>`}</button>
          </th>`,
        )}
      </tr></thead>
      <tbody>
        ${inOrder.slice(0, drawn.value).map((row, at) => {
          const isOpen = openRow.value === row;
          const toggle = () => {
            openRow.value = isOpen ? null : row;
          };
          return html`
            <tr class=${isOpen ? 'open' : ''} aria-rowindex=${at + 2}>
              ${
                canOpen &&
                html`<td class="toggle"><button type="button" aria-expanded=${isOpen} aria-label="Raw line of row ${at + 1}" disabled=${row[names.indexOf('raw_key')] === null} onClick=${toggle}><svg viewBox="0 0 10 10" aria-hidden="true"><path d="M3 1l4 4-4 4" /></svg></button></td>`
              }
              ${columns.map(({ isNumeric }, i) => html`<${Value} cell=${row[i] ?? null} isNumeric=${isNumeric} decimals=${decimals[i]} />`)}
            </tr>
            ${isOpen && html`<tr><td class="detail" colspan=${columns.length + 1}><${Beside} columns=${columns} row=${row} /></td></tr>`}`;
        })}
      </tbody>
    </table>
  </div>`;
}

function Value({
  cell,
  isNumeric,
  decimals,
}: {
  cell: Cell;
  isNumeric: boolean;
  decimals: number | undefined;
}) {
  const look = [isNumeric && 'right', cell === null && 'quiet'].filter(Boolean).join(' ');
  return html`<td class=${look} title=${isInstant(cell) ? `UTC; ${localTime(cell)}` : undefined}>${cellText(cell, decimals)}</td>`;
}
