import { html } from 'htm/preact';
import { useAction } from '../action.ts';
import { act } from '../api.ts';
import { connection, flow, now } from '../state.ts';

const hour = 3_600_000;

/** Starts what the schedule starts each hour, without waiting for it. */
export function RunNow() {
  const { run, isBusy, error } = useAction();
  const schedules = flow.value?.schedules ?? [];
  const dataset = (schedules.find((one) => one.dataset.endsWith('/current')) ?? schedules[0])?.dataset;
  const start = async () => {
    if (!dataset) return;
    const at = new Date(Math.floor(now.peek().getTime() / hour) * hour).toISOString();
    await run(() => act({ kind: 'run', dataset, at }));
  };
  return html`${error && html`<span class="small bad" role="alert">${error}</span>`}
    <button type="button" disabled=${!dataset || isBusy || connection.value !== 'open'} title=${dataset && `Fetches this hour of ${dataset}`} onClick=${start}>Run now</button>`;
}
