import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { QueryHead, RawRecord } from '../../api.ts';
import { get } from '../api.ts';
import { type Cell, cellText } from './cell.ts';
import { instantOf, type NamedRow, piecesOf, tableNameOf } from './sources.ts';

/** A row beside the line it came from. Pointing at a column marks its source, and the other way round. */
export function Beside({ columns, row }: { columns: QueryHead['columns']; row: readonly Cell[] }) {
  const frame = useRef<HTMLDivElement>(null);
  const record = useSignal<RawRecord | null>(null);
  const error = useSignal<string | null>(null);
  const pointed = useSignal<readonly string[]>([]);
  const named = useMemo<NamedRow>(
    () => Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null])),
    [row],
  );

  useEffect(() => {
    const stop = new AbortController();
    const at = instantOf(named);
    const place = named.location_name;
    const query = new URLSearchParams({
      key: String(named.raw_key),
      ...(typeof place === 'string' && { place }),
      ...(at && { at }),
    });
    get<RawRecord>(`/api/record?${query}`, stop)
      .then((answer) => {
        record.value = answer;
      })
      .catch((reason: Error) => {
        if (!stop.signal.aborted) error.value = reason.message;
      });
    return () => stop.abort();
  }, [named]);

  useLayoutEffect(() => {
    const detail = frame.current?.closest('tr');
    const row = detail?.previousElementSibling as HTMLElement | null | undefined;
    const scroller = detail?.closest('.scroller');
    scroller?.closest('section')?.scrollIntoView({ block: 'end' });
    if (!detail || !row || !scroller) return;
    const isCut = detail.getBoundingClientRect().bottom > scroller.getBoundingClientRect().bottom;
    if (isCut) scroller.scrollTop = row.offsetTop - row.offsetHeight;
  }, [record.value]);

  useLayoutEffect(() => {
    const source = frame.current?.querySelector<HTMLElement>('.source.same');
    const text = source?.closest('pre');
    if (!source || !text || text.matches(':hover')) return;
    const away = source.getBoundingClientRect().top - text.getBoundingClientRect().top;
    if (away < 0 || away > text.clientHeight - 16) text.scrollTop += away - text.clientHeight / 2;
  }, [pointed.value]);

  const { value } = record;
  const pieces = useMemo(() => (value ? piecesOf(value.text, named) : []), [value, named]);
  const point = ({ target }: Event) => {
    const names = (target as Element).closest<HTMLElement>('[data-columns]')?.dataset.columns;
    pointed.value = names ? names.split(' ') : [];
  };
  const look = (names: readonly string[]) =>
    names.some((name) => pointed.value.includes(name)) ? 'same' : '';
  return html`<div class="beside" ref=${frame} onMouseOver=${point} onFocusIn=${point} onMouseLeave=${point}>
    <div>
      <h3 class="small">Row${tableNameOf(named) && ` of ${tableNameOf(named)}`}</h3>
      <dl>
        ${columns.map(
          (
            { name, unit },
            i,
          ) => html`<div key=${name} data-columns=${name} class=${look([name])} tabindex="0">
            <dt>${name}</dt><dd>${cellText(row[i] ?? null, undefined)}${unit && row[i] !== null && html` <span class="quiet">${unit}</span>`}</dd>
          </div>`,
        )}
      </dl>
    </div>
    <div>
      <h3 class="small">${value ? `Line ${value.line} of ${value.lines}` : 'Its line'} in raw <code>${named.raw_key}</code></h3>
      ${error.value && html`<p class="fail small" role="alert">${error}</p>`}
      ${!value && !error.value && html`<i class="bone tall" />`}
      ${
        value &&
        html`<pre class="raw" tabindex="0">${pieces.map(({ text, columns: names }) =>
          names.length > 0
            ? html`<span data-columns=${names.join(' ')} class="source ${look(names)}">${text}</span>`
            : text,
        )}</pre>`
      }
    </div>
  </div>`;
}
