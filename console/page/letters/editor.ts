import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Judgement, LetterDetail } from '../../api.ts';
import { useAction } from '../action.ts';
import { send } from '../api.ts';
import { sentenceOf } from './judgement.ts';

interface EditorProps {
  readonly id: string;
  readonly content: NonNullable<LetterDetail['content']>;
  readonly onEnd: (wasPut: boolean) => void;
}

/** Milliseconds without a key before the text is judged. */
const pause = 200;

/** The whole object as text: judged as you type, put back as a new version. */
export function Editor({ id, content, onEnd }: EditorProps) {
  const text = useSignal(content.text);
  const judgement = useSignal<Judgement | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const { run, isBusy, error } = useAction();
  const path = `/api/letters/${encodeURIComponent(id)}`;

  useEffect(() => {
    const stop = new AbortController();
    const isFirst = text.value === content.text;
    const judge = async () => {
      try {
        judgement.value = await send<Judgement>('POST', `${path}/judge`, { text: text.value }, stop);
        if (isFirst) select(area.current, judgement.value.mark ?? [0, 0]);
      } catch {
        // It is judged again when it is put back; an answer that is missing must not stop anybody's typing.
        if (!stop.signal.aborted) judgement.value = null;
      }
    };
    const timer = setTimeout(judge, isFirst ? 0 : pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text.value]);

  const put = async () => {
    const { etag } = content;
    if (await run(() => send('POST', `${path}/edit`, { text: text.value, etag }))) onEnd(true);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onEnd(false);
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void put();
  };
  const { value } = judgement;
  return html`
    <textarea ref=${area} spellcheck=${false} aria-label="The object as text" value=${text.value} onKeyDown=${onKeyDown}
      onInput=${(event: Event) => {
        text.value = (event.target as HTMLTextAreaElement).value;
      }} />
    <p class="judgement small ${value ? (value.reason ? 'bad' : 'good') : ''}" role="status">${value ? sentenceOf(value) : 'Judges…'}</p>
    ${error && html`<p class="fail small" role="alert">${error}</p>`}
    <div class="line">
      <button type="button" class="primary" disabled=${isBusy} title="Ctrl or Command and Enter" onClick=${put}>Put back and redrive</button>
      <button type="button" onClick=${() => onEnd(false)}>Cancel</button>
    </div>`;
}

/** Selects what offends, and brings it into view. */
function select(area: HTMLTextAreaElement | null, [from, to]: readonly [number, number]): void {
  if (!area) return;
  // A browser scrolls to where the focus goes, but not to a selection that is made later.
  area.setSelectionRange(from, from);
  area.blur();
  area.focus();
  area.setSelectionRange(from, Math.max(to, from));
}
