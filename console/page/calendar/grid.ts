import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Calendar } from '../../api.ts';
import { clock, longDay } from '../format.ts';
import { say } from '../state.ts';
import { hideTip, isTipPinned, showTip } from '../tip.ts';
import { CellTip } from './cell-tip.ts';
import { hoursLayout, moved, spotAt, yearLayout } from './layout.ts';
import { saidOf } from './said.ts';
import { shapesOf } from './shapes.ts';

interface Props {
  readonly calendar: Calendar;
  readonly onDay: (at: string) => void;
}

/** The cells. One of them can be chosen, by pointer or by key. */
export function Grid({ calendar, onDay }: Props) {
  const room = useSignal(0);
  const chosen = useSignal<string | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const picture = useRef<SVGSVGElement>(null);
  const { dataset, view, cells } = calendar;
  const isDay = view === 'year';
  const layout = useMemo(
    () => (isDay ? yearLayout : hoursLayout)(cells, room.value),
    [cells, isDay, room.value],
  );
  const shapes = useMemo(() => shapesOf(layout), [layout]);
  const index = layout.spots.findIndex(({ cell }) => cell.at === chosen.value);
  const here = layout.spots[index];

  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      if (entry) room.value = Math.floor(entry.contentRect.width);
    });
    if (frame.current) watch.observe(frame.current);
    return () => watch.disconnect();
  }, []);

  const pick = (at: number, isPinned: boolean) => {
    const spot = layout.spots[at];
    const around = picture.current?.getBoundingClientRect();
    if (!spot || !around) return;
    const { cell } = spot;
    chosen.value = cell.at;
    const left = around.left + spot.x;
    const y = around.top + spot.y;
    showTip(
      html`<${CellTip} key=${cell.at} dataset=${dataset} cell=${cell} isDay=${isDay} isPinned=${isPinned} onHours=${() => onDay(cell.at)} />`,
      { left, right: left + spot.width, top: y, bottom: y + spot.height },
      { isPinned, owner: picture.current },
    );
  };
  const at = ({ clientX, clientY }: MouseEvent) => {
    const around = picture.current?.getBoundingClientRect();
    return around && spotAt(layout, clientX - around.left, clientY - around.top);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const from =
      index < 0
        ? layout.spots.findLastIndex(({ cell }) => cell.state !== 'due' && cell.state !== 'none')
        : index;
    const isEnter = event.key === 'Enter' || event.key === ' ';
    const to = isEnter
      ? from
      : index < 0 && event.key.startsWith('Arrow')
        ? from
        : moved(layout, from, event.key);
    const cell = to === undefined ? undefined : layout.spots[to]?.cell;
    if (to === undefined || !cell) return;
    event.preventDefault();
    pick(to, isEnter);
    say(`${longDay(cell.at)}${isDay ? '' : `, ${clock(cell.at)} UTC`}: ${saidOf(cell)}`);
  };
  const leave = () => {
    if (isTipPinned()) return;
    chosen.value = null;
    hideTip();
  };

  return html`<div class="grid" ref=${frame}>
    <svg class="cells" ref=${picture} width=${layout.width} height=${layout.height} tabindex="0" role="application"
      aria-label="${isDay ? 'Days' : 'Hours'} of ${dataset}. Arrow keys move, Enter shows what can be done."
      onKeyDown=${onKeyDown} onBlur=${leave} onMouseLeave=${leave}
      onMouseMove=${(event: MouseEvent) => {
        if (isTipPinned()) return;
        const spot = at(event);
        if (spot === undefined) leave();
        else pick(spot, false);
      }}
      onClick=${(event: MouseEvent) => {
        const spot = at(event);
        if (spot !== undefined) pick(spot, true);
      }}>
      ${layout.labels.map(({ x, y, text }) => html`<text x=${x} y=${y}>${text}</text>`)}
      ${shapes.map(({ look, path }) => html`<path key=${look} class="cell-${look}" d=${path} />`)}
      ${here && html`<rect class="cursor" x=${here.x - 2} y=${here.y - 2} width=${here.width + 4} height=${here.height + 4} />`}
    </svg>
  </div>`;
}
