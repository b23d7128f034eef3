import { effect, useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Flow as FlowState } from '../../api.ts';
import { choosesFiles } from '../drop/drop.ts';
import { arrival, flow } from '../state.ts';
import { flowLayout, type Spot } from './layout.ts';
import { Picture } from './picture.ts';
import { burialsOf, routeOf } from './route.ts';
import { RunNow } from './run-now.ts';
import { alarmSummary, saidOf } from './said.ts';
import { tellsOfTiles } from './tile-tips.ts';
import { travel } from './travel.ts';

/** The pipeline with what it does at the moment. */
export function Flow() {
  const room = useSignal(innerWidth - 24);
  const picture = useRef<SVGSVGElement>(null);
  const layout = useMemo(() => flowLayout(room.value), [room.value]);
  const frame = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      if (entry) room.value = entry.contentRect.width;
    });
    if (frame.current) watch.observe(frame.current);
    return () => watch.disconnect();
  }, []);

  const drawn = useRef(layout);
  drawn.current = layout;
  useEffect(() => {
    const go = (route: readonly Spot[], isBad = false) => {
      if (picture.current) void travel(picture.current, drawn.current, route, { isBad });
    };
    let before: FlowState | null = null;
    const stops = [
      effect(() => {
        const { value } = arrival;
        if (value) go(routeOf(value, flow.peek()));
      }),
      effect(() => {
        const { value } = flow;
        if (!value) return;
        for (const route of burialsOf(before, value)) go(route, true);
        before = value;
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, []);

  const summary = alarmSummary(flow.value?.alarms ?? []);
  return html`<section class="panel flow" id="flow" tabindex="-1" aria-labelledby="flow-title">
    <header>
      <h2 id="flow-title">Flow</h2>
      <p class="small quiet grow">Raw JSON in, one Parquet file per table and day out. Drop a file anywhere to send it through.</p>
      <${RunNow} />
      <button type="button" class="primary" onClick=${choosesFiles}>Drop a file…</button>
    </header>
    <div class="picture" ref=${frame} ...${tellsOfTiles}>
      <svg ref=${picture} viewBox="0 0 ${layout.width} ${layout.height}" class=${layout.isWide ? 'wide' : 'tall'} role="group" aria-label="The pipeline, in the order in which the data flows">
        <${Picture} layout=${layout} said=${saidOf(flow.value)} />
        ${
          layout.isWide &&
          flow.value &&
          html`<text class="value" x="22" y="174" text-anchor="start">${summary.text}</text>
            <circle class=${summary.ringing.length ? 'lamp rings' : 'lamp'} cx="26" cy="187" r="3" />
            <text class=${summary.ringing.length ? 'bad' : ''} x="35" y="191" text-anchor="start">${shortList(summary.ringing)}</text>`
        }
      </svg>
      ${!layout.isWide && flow.value && html`<p class="alarms small ${summary.ringing.length ? 'bad' : 'quiet'}">${[summary.text, ...summary.ringing].join(', ')}</p>`}
    </div>
  </section>`;
}

function shortList(names: readonly string[]): string {
  const [first = 'A lamp per alarm', ...others] = names;
  return others.length > 0 ? `${first} and ${others.length} more` : first;
}
