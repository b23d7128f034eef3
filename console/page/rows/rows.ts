import { effect, signal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { NamedQuery } from '../../api.ts';
import { again } from '../again.ts';
import { get } from '../api.ts';
import { count, duration } from '../format.ts';
import { resource } from '../resource.ts';
import { changes, connection, flow, question } from '../state.ts';
import { Divider } from './divider.ts';
import { failureOf } from './failure.ts';
import { failure, isRunning, openRow, type Result, result, run, runAgain } from './query.ts';
import { Table } from './table.ts';

/** What stands in the box, and whether somebody works on it: then it has the room that it needs. */
const sql = signal('');
const isEdited = signal(false);
const queries = resource((signal) => get<readonly NamedQuery[]>('/api/queries', { signal }));

function show(text: string): void {
  sql.value = text;
  isEdited.value = false;
  void run(text);
}

const reloadAgain = again(async () => {
  if (!queries.data.peek()) await queries.reload();
  else await runAgain();
});

/** Queries, named ones and one's own, with their rows. */
export function Rows() {
  useEffect(() => {
    void queries.reload();
    const stops = [
      effect(() => {
        if (question.value) show(question.value.sql);
      }),
      effect(() => {
        if (changes.rows.value > 0 && !openRow.value) void reloadAgain();
      }),
      effect(() => {
        const [first] = queries.data.value ?? [];
        if (first && !sql.peek()) show(first.sql);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
  const { value } = result;
  return html`<section class="panel rows" id="rows" tabindex="-1" aria-labelledby="rows-title">
    <${Divider} />
    <header>
      <h2 id="rows-title">Rows</h2>
      <div class="chips" role="group" aria-label="Named queries">
        ${queries.data.value?.map(
          (query) =>
            html`<button type="button" key=${query.name} title=${query.description} aria-pressed=${query.sql === sql.value} onClick=${() => show(query.sql)}>${query.name}</button>`,
        )}
      </div>
    </header>
    <${Question} />
    <${Failed} />
    ${
      value
        ? flow.value?.isEmpty && value.rows.length === 0
          ? html`<div class="nothing"><b>No rows yet</b>Run now, or drop a file.</div>`
          : html`<${Table} key=${value.sql} result=${value} />`
        : !failure.value &&
          html`<div class="body" aria-busy="true"><i class="bone" /><i class="bone" /><i class="bone" /></div>`
    }
  </section>`;
}

/** The query, in a box that grows with it. */
function Question() {
  const box = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const { current } = box;
    current?.style.removeProperty('height');
    if (current && isEdited.value)
      current.style.setProperty('height', `${Math.min(180, current.scrollHeight + 2)}px`);
  }, [sql.value, isEdited.value]);
  const { value } = result;
  return html`<form class="question" onSubmit=${(event: Event) => {
    event.preventDefault();
    show(sql.value);
  }}>
    <textarea ref=${box} class="grow" rows="2" spellcheck="false" aria-label="SQL. Control and Enter run it." value=${sql}
      onFocus=${() => {
        isEdited.value = true;
      }}
      onInput=${({ currentTarget }: { currentTarget: HTMLTextAreaElement }) => {
        sql.value = currentTarget.value;
        isEdited.value = true;
      }}
      onKeyDown=${(event: KeyboardEvent) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) show(sql.value);
      }}></textarea>
    <div class="side">
      <div class="line">
        ${value && html`<a class="button plain" href="/api/query.csv?sql=${encodeURIComponent(value.sql)}" download="rows.csv" title="All rows of the query below">CSV</a>`}
        <button class="primary" disabled=${!sql.value.trim()} title="Ctrl+Enter">Run</button>
      </div>
      <span class="small quiet num" role="status">${isRunning.value ? 'Running…' : value && toldOf(value)}</span>
    </div>
  </form>`;
}

function toldOf({ rows, end }: Result): string {
  if (!end) return count(rows.length, 'row');
  return `${end.isCut ? 'the first ' : ''}${count(rows.length, 'row')}, ${duration(end.milliseconds)}`;
}

function Failed() {
  if (connection.value === 'gone') return null;
  const message = failure.value ?? (queries.data.value ? null : queries.error.value);
  if (message === null) return null;
  const { what, fix } = failureOf(message);
  return html`<p class="fail small" role="alert" title=${message}><b>${what}</b> ${fix} ${result.value && 'The rows below are those of the query before.'}</p>`;
}
