import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Chart } from '../../api.ts';
import { clock, longDay } from '../format.ts';
import { ask, say } from '../state.ts';
import { hideTip, showTip } from '../tip.ts';
import { Drawing } from './drawing.ts';
import { placeLook } from './place.ts';
import { ReadingTip } from './reading-tip.ts';
import { frameOf, nearestIndex } from './scale.ts';
import { alignedLines, readingsAt } from './series.ts';
import { spanQuery } from './span.ts';
import { measureOf, readingText } from './values.ts';

const hour = 3_600_000;
/** A pointer that moved less than this many pixels was not dragged. */
const leastDrag = 6;

/** The lines, to be read by pointer or by key. A span that is dragged over shows its rows. */
export function Lines({ chart, label }: { chart: Chart; label: string }) {
  const host = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  /** The time that is read, and where a span began. */
  const time = useSignal<number | null>(null);
  const anchor = useSignal<number | null>(null);
  const { width, height } = size.value;
  const aligned = useMemo(() => alignedLines(chart), [chart]);
  const frame = useMemo(() => frameOf(aligned, width, height), [aligned, width, height]);
  const measure = useMemo(() => measureOf(chart), [chart]);
  const drawing = useMemo(
    () => html`<${Drawing} chart=${chart} aligned=${aligned} frame=${frame} measure=${measure} />`,
    [chart, aligned, frame],
  );
  const { times } = aligned;
  const readings = time.value === null ? [] : readingsAt(aligned, times.indexOf(time.value));

  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      if (entry) size.value = { width: entry.contentRect.width, height: entry.contentRect.height };
    });
    if (host.current) watch.observe(host.current);
    return () => watch.disconnect();
  }, []);

  const read = (index: number) => {
    const at = times[Math.min(times.length - 1, Math.max(0, index))];
    const box = host.current?.getBoundingClientRect();
    if (at === undefined || !box) return;
    time.value = at;
    const x = box.left + frame.x(at);
    const found = readingsAt(aligned, times.indexOf(at));
    const iso = new Date(at).toISOString();
    const { top, bottom } = box;
    const tip = html`<${ReadingTip} at=${iso} measure=${measure} readings=${found} />`;
    showTip(tip, { left: x, right: x, top: top + 24, bottom }, { isBeside: true });
    return `${longDay(iso)}, ${clock(iso)} UTC: ${found.map((one) => readingText(one, measure)).join(', ')}`;
  };
  const leave = () => {
    time.value = null;
    anchor.value = null;
    hideTip();
  };
  const showRows = (one: number, other: number) => {
    leave();
    ask(spanQuery(chart.column, Math.min(one, other), Math.max(one, other), Date.parse(chart.now)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { value: at } = time;
    if (event.key === 'Escape') return leave();
    if (event.key === 'Enter' && at !== null)
      return showRows(anchor.value ?? at, anchor.value === null ? at + hour : at);
    const from = at === null ? nearestIndex(times, Date.parse(chart.now)) : times.indexOf(at);
    const step = at === null ? 0 : 1;
    const to = { ArrowLeft: from - step, ArrowRight: from + step, Home: 0, End: times.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    anchor.value = event.shiftKey ? (anchor.value ?? at) : null;
    say(read(to) ?? '');
  };
  const timeAt = ({ clientX }: PointerEvent) =>
    frame.time(clientX - (host.current?.getBoundingClientRect().left ?? 0));

  const x = time.value === null ? null : frame.x(time.value);
  const from = anchor.value === null ? null : frame.x(anchor.value);
  return html`<div class="plot" ref=${host} tabindex="0" role="application"
    aria-label="${label} by place over time. Arrow keys read values, with Shift they choose a span, Enter shows its rows."
    onKeyDown=${onKeyDown} onBlur=${leave}
    onPointerMove=${(event: PointerEvent) => read(nearestIndex(times, timeAt(event)))}
    onPointerLeave=${() => anchor.value === null && leave()}
    onPointerDown=${(event: PointerEvent) => {
      if (event.button !== 0) return;
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      anchor.value = timeAt(event);
    }}
    onPointerCancel=${leave}
    onPointerUp=${(event: PointerEvent) => {
      const { value: start } = anchor;
      anchor.value = null;
      if (start === null) return;
      const end = timeAt(event);
      if (Math.abs(frame.x(end) - frame.x(start)) >= leastDrag) showRows(start, end);
    }}>
    ${
      width > 0 &&
      html`<svg width=${width} height=${height} aria-hidden="true">
        ${drawing}
        ${x !== null && from !== null && html`<rect class="lines-brush" x=${Math.min(x, from)} y=${frame.top} width=${Math.abs(x - from)} height=${frame.bottom - frame.top} />`}
        ${x !== null && html`<path class="lines-cross" d="M${Math.round(x) + 0.5} ${frame.top}V${frame.bottom}" />`}
        ${
          x !== null &&
          readings.map(({ place, rank, observed, forecast }) => {
            const value = observed ?? forecast;
            return (
              value !== null &&
              html`<circle key=${place} class="dot ${observed === null ? 'forecast' : ''} ${placeLook(rank)}" cx=${x} cy=${frame.y(value)} r="3.5" />`
            );
          })
        }
      </svg>`
    }
  </div>`;
}
