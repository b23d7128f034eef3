import { signal } from '@preact/signals';
import type { Activity, BreakProgress, Flow, Letters, LiveEvent } from '../api.ts';
import { get, listen, renewToken } from './api.ts';
import { resource } from './resource.ts';

/** What the panels share. A panel keeps what is its own. */
export const connection = signal<'connecting' | 'open' | 'gone'>('connecting');
export const flow = signal<Flow | null>(null);
/** Newest first; null until the server has answered. */
export const activities = signal<readonly Activity[] | null>(null);
export const letters = resource((signal) => get<Letters>('/api/letters', { signal }));
export const breaking = signal<BreakProgress | null>(null);
/** The code was changed: what the server made of it. */
export const reload = signal<Extract<LiveEvent, { type: 'reloaded' | 'reload-failed' }> | null>(null);
/** The latest object that was written or removed. */
export const arrival = signal<Extract<LiveEvent, { type: 'object' }> | null>(null);

/** Counts what may have changed. An effect that reads one of them asks the server again; so does a new connection. */
export const changes = { letters: signal(0), calendar: signal(0), rows: signal(0) };

/** A query for the rows, asked by another panel. */
export const question = signal<{ readonly sql: string } | null>(null);
/** Shows rows, and brings their panel into view. */
export function ask(sql: string): void {
  question.value = { sql };
  document.getElementById('rows')?.scrollIntoView({ block: 'nearest' });
}

/** The letter that is open. */
export const openLetter = signal<string | null>(null);
export function showLetter(id: string): void {
  openLetter.value = id;
  const panel = document.getElementById('letters');
  panel?.scrollIntoView({ block: 'nearest' });
  panel?.focus({ preventScroll: true });
}

/** What a screen reader says next. */
export const announcement = signal('');
export function say(text: string): void {
  announcement.value = text;
}

/** The server's clock. */
export const now = signal(new Date());
let ahead = 0;

/** Begins to hear the server, for as long as the page is open. */
export function start(): void {
  setInterval(() => {
    now.value = new Date(Date.now() + ahead);
  }, 1000);
  listen(hear, (state) => {
    const wasGone = connection.value === 'gone';
    connection.value = state;
    // A server that still has a change that does not build says so.
    if (state === 'open' && wasGone) reload.value = null;
    if (state === 'open') void refresh(wasGone);
  });
}

async function refresh(wasGone: boolean): Promise<void> {
  try {
    if (wasGone) await renewToken();
    for (const change of Object.values(changes)) change.value++;
    const [newFlow, newActivities] = await Promise.all([
      get<Flow>('/api/flow'),
      get<readonly Activity[]>('/api/activity'),
      letters.reload(),
    ]);
    hear({ type: 'flow', flow: newFlow });
    activities.value = newActivities;
  } catch {
    connection.value = 'gone';
  }
}

function hear(event: LiveEvent): void {
  if (event.type === 'flow') {
    flow.value = event.flow;
    ahead = Date.parse(event.flow.now) - Date.now();
    now.value = new Date(event.flow.now);
  } else if (event.type === 'object') arrival.value = event;
  else if (event.type === 'activity') tell(event.entry);
  else if (event.type === 'breaking') breaking.value = event.progress;
  else if (event.type === 'changed') {
    changes[event.panel].value++;
    if (event.panel === 'letters') void letters.reload();
  } else {
    reload.value = event;
    // What failed stays until it is put right; what went well is told and forgotten.
    if (event.type === 'reloaded') setTimeout(() => forget(event), 6000);
  }
}

function forget(event: LiveEvent): void {
  if (reload.value === event) reload.value = null;
}

/** An entry that is new goes on top; one that is there keeps its place. */
function tell(entry: Activity): void {
  const known = activities.value ?? [];
  activities.value = known.some(({ id }) => id === entry.id)
    ? known.map((one) => (one.id === entry.id ? entry : one))
    : [entry, ...known].slice(0, 50);
  const last = entry.steps.at(-1);
  if (last) say(`${entry.title}: ${last.text}`);
}
