import { effect } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Chart } from '../../api.ts';
import { clock, longDay } from '../format.ts';
import { theme } from '../header/theme.ts';
import { ask, say } from '../state.ts';
import { hideTip, showTip } from '../tip.ts';
import { plot } from './plot.ts';
import { ReadingTip } from './reading-tip.ts';
import { alignedLines, readingsAt } from './series.ts';
import { spanQuery } from './span.ts';
import { valueText } from './values.ts';

const hour = 3_600_000;

/** The lines, to be read by pointer or by key. */
export function Lines({ chart, label }: { chart: Chart; label: string }) {
  const host = useRef<HTMLDivElement>(null);
  const keys = useRef<(event: KeyboardEvent) => void>(() => {});
  useEffect(() => {
    const { current } = host;
    if (!current) return;
    const aligned = alignedLines(chart);
    const { times } = aligned;
    const now = Date.parse(chart.now);
    const rowsOf = (from: number, to: number) => {
      hideTip();
      ask(spanQuery(chart.column, from, to, now));
    };
    let index: number | null = null;
    const drawn: uPlot = plot(current, chart, aligned, {
      onSpan: rowsOf,
      onRead: (at) => {
        index = at;
        const time = at === null ? undefined : times[at];
        if (at === null || time === undefined) return hideTip();
        const box = drawn.over.getBoundingClientRect();
        const x = box.left + drawn.valToPos(time, 'x');
        const tip = html`<${ReadingTip} at=${new Date(time).toISOString()} unit=${chart.unit} readings=${readingsAt(aligned, at)} />`;
        showTip(tip, { left: x, right: x, top: box.top, bottom: box.bottom });
      },
    });
    keys.current = (event) => {
      const latest = times.findLastIndex((time) => time <= now);
      const from = index ?? Math.max(0, latest);
      const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: times.length - 1 }[event.key];
      const time = times[Math.min(times.length - 1, Math.max(0, (index === null ? from : to) ?? from))];
      if (time === undefined) return;
      if (event.key === 'Enter') rowsOf(time, time + hour);
      else if (event.key === 'Escape') drawn.setCursor({ left: -10, top: -10 });
      else if (to !== undefined) {
        event.preventDefault();
        drawn.setCursor({ left: drawn.valToPos(time, 'x'), top: 0 });
        const iso = new Date(time).toISOString();
        const said = readingsAt(aligned, times.indexOf(time)).map(
          ({ place, observed, forecast }) =>
            `${place} ${observed === null ? `${valueText(forecast, chart.unit)} forecast` : valueText(observed, chart.unit)}`,
        );
        say(`${longDay(iso)}, ${clock(iso)} UTC: ${said.join(', ')}`);
      }
    };
    const watch = new ResizeObserver(() =>
      drawn.setSize({ width: current.clientWidth, height: current.clientHeight }),
    );
    watch.observe(current);
    const stop = effect(() => {
      theme();
      requestAnimationFrame(() => drawn.redraw(false));
    });
    return () => {
      stop();
      watch.disconnect();
      drawn.destroy();
      hideTip();
    };
  }, [chart]);
  return html`<div class="plot" ref=${host} tabindex="0" role="application"
    aria-label="${label} by place over time. Arrow keys read values, Enter shows the rows of an hour."
    onKeyDown=${(event: KeyboardEvent) => keys.current(event)} onBlur=${() => hideTip()}></div>`;
}
