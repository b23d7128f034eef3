import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Letter, LetterDetail } from '../../api.ts';
import { useAction } from '../action.ts';
import { act, get } from '../api.ts';
import { openLetter } from '../state.ts';
import { Editor } from './editor.ts';
import { Excerpt } from './excerpt.ts';

/** A letter with its bytes, and what can be done about it. */
export function OpenLetter({ letter }: { letter: Letter }) {
  const detail = useSignal<LetterDetail | null>(null);
  const isEditing = useSignal(false);
  /** What was done about it, until the server tells what came of that. */
  const done = useSignal<string | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const { run, isBusy, error } = useAction();
  useEffect(() => {
    const stop = new AbortController();
    void run(async () => {
      try {
        detail.value = await get<LetterDetail>(`/api/letters/${encodeURIComponent(letter.id)}`, stop);
      } catch (reason) {
        if (!stop.signal.aborted) throw reason;
      }
    });
    return () => stop.abort();
  }, [letter.id]);

  // The letters were asked for again, and this one is still there.
  useEffect(() => {
    done.value = null;
  }, [letter]);
  useEffect(() => {
    if (openLetter.value === letter.id) frame.current?.scrollIntoView({ block: 'nearest' });
  }, [openLetter.value]);

  const does = async (kind: 'redrive' | 'give-up', text: string) => {
    if (await run(() => act({ kind, ids: [letter.id] }))) done.value = text;
  };
  const name = letter.key && html`<p class="mono key">${letter.key}</p>`;
  if (done.value) return html`<div class="letter">${name}<p class="calm small">${done.value}</p></div>`;
  const content = detail.value?.content;
  if (content && isEditing.value) {
    return html`<div class="letter">${name}
      <${Editor} id=${letter.id} content=${content} onEnd=${(wasPut: boolean) => {
        isEditing.value = false;
        if (wasPut) done.value = 'Put back and on its way.';
        document.getElementById('letters')?.focus();
      }} />
    </div>`;
  }
  return html`<div class="letter" ref=${frame}>${name}
    <p class="small">${letter.reason}</p>
    ${detail.value?.excerpt && html`<${Excerpt} excerpt=${detail.value.excerpt} />`}
    ${!detail.value && !error && html`<i class="bone tall" />`}
    ${error && html`<p class="fail small" role="alert">${error}</p>`}
    <div class="line">
      ${
        content &&
        html`<button type="button" class="primary" onClick=${() => {
          // It stays open when newer letters come.
          openLetter.value = letter.id;
          isEditing.value = true;
        }}>Edit</button>`
      }
      <button type="button" disabled=${isBusy} onClick=${() => does('redrive', 'On its way.')}>Redrive</button>
      <span class="grow" />
      <button type="button" class="plain" disabled=${isBusy} onClick=${() => does('give-up', 'Given up.')}>Give up</button>
    </div>
  </div>`;
}
