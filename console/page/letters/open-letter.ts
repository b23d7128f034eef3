import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect } from 'preact/hooks';
import type { Letter, LetterDetail } from '../../api.ts';
import { useAction } from '../action.ts';
import { act, get } from '../api.ts';
import { Editor } from './editor.ts';
import { Excerpt } from './excerpt.ts';

/** A letter with its bytes, and what can be done about it. */
export function OpenLetter({ letter }: { letter: Letter }) {
  const detail = useSignal<LetterDetail | null>(null);
  const isEditing = useSignal(false);
  const isSent = useSignal(false);
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

  const does = async (kind: 'redrive' | 'give-up') => {
    isSent.value = await run(() => act({ kind, ids: [letter.id] }));
  };
  const name = letter.key && html`<p class="mono key">${letter.key}</p>`;
  if (isSent.value) return html`<div class="letter">${name}<p class="calm small">On its way.</p></div>`;
  const content = detail.value?.content;
  if (content && isEditing.value) {
    return html`<div class="letter">${name}
      <${Editor} id=${letter.id} content=${content} onEnd=${(wasPut: boolean) => {
        isEditing.value = false;
        isSent.value = wasPut;
        document.getElementById('letters')?.focus();
      }} />
    </div>`;
  }
  return html`<div class="letter">${name}
    <p class="small">${letter.reason}</p>
    ${detail.value?.excerpt && html`<${Excerpt} excerpt=${detail.value.excerpt} />`}
    ${!detail.value && !error && html`<i class="bone tall" />`}
    ${error && html`<p class="fail small" role="alert">${error}</p>`}
    <div class="line">
      ${
        content &&
        html`<button type="button" class="primary" onClick=${() => {
          isEditing.value = true;
        }}>Edit</button>`
      }
      <button type="button" disabled=${isBusy} onClick=${() => does('redrive')}>Redrive</button>
      <span class="grow" />
      <button type="button" class="plain" disabled=${isBusy} onClick=${() => does('give-up')}>Give up</button>
    </div>
  </div>`;
}
