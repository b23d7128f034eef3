import { html } from 'htm/preact';
import { useAction } from '../action.ts';
import { act } from '../api.ts';
import { connection, flow, now } from '../state.ts';

/** Starts what the schedule starts each hour, without waiting for it: a run of this second, as that of the hour has landed. */
export function RunNow() {
  const { run, isBusy, error } = useAction();
  const schedules = flow.value?.schedules ?? [];
  const dataset = (schedules.find((one) => one.dataset.endsWith('/current')) ?? schedules[0])?.dataset;
  const start = async () => {
    if (!dataset) return;
    const at = new Date(Math.floor(now.peek().getTime() / 1000) * 1000).toISOString();
    await run(() => act({ kind: 'run', dataset, at }));
  };
  return html`${error && html`<span class="small bad" role="alert">${error}</span>`}
    <button type="button" disabled=${!dataset || isBusy || connection.value !== 'open'} title=${dataset && `Fetches ${dataset} once more`} onClick=${start}>Run now</button>`;
}
