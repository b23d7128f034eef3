import { signal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect } from 'preact/hooks';
import { send } from '../api.ts';
import { say } from '../state.ts';

const isOver = signal(false);
/** Files that the server did not take, and why. */
const refused = signal<readonly string[]>([]);

/** Opens the system's dialog: for whoever does not drag. */
export function choosesFiles(): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.addEventListener('change', () => void dropAll([...(input.files ?? [])]));
  input.click();
}

/** One after the other: Activity tells their fates in that order. */
async function dropAll(files: readonly File[]): Promise<void> {
  refused.value = [];
  for (const file of files) {
    try {
      await send('PUT', `/api/files?name=${encodeURIComponent(file.name)}`, file);
      say(`${file.name} is on its way.`);
    } catch (error) {
      refused.value = [...refused.value, `${file.name}: ${(error as Error).message}`];
    }
  }
}

/** The whole page takes files. */
export function Drop() {
  useEffect(() => {
    const stop = new AbortController();
    const on = (type: 'dragenter' | 'dragover' | 'dragleave' | 'drop', hear: (event: DragEvent) => void) =>
      addEventListener(
        type,
        (event) => {
          if (!event.dataTransfer?.types.includes('Files')) return;
          event.preventDefault();
          hear(event);
        },
        stop,
      );
    on('dragenter', () => {
      isOver.value = true;
    });
    on('dragover', () => {
      isOver.value = true;
    });
    // Without a related target, the pointer has left the window, and not only one of its elements.
    on('dragleave', ({ relatedTarget }) => {
      if (!relatedTarget) isOver.value = false;
    });
    on('drop', ({ dataTransfer }) => {
      isOver.value = false;
      void dropAll([...(dataTransfer?.files ?? [])]);
    });
    return () => stop.abort();
  }, []);

  return html`
    ${
      isOver.value &&
      html`<div class="drop">
      <div>
        <svg viewBox="0 0 56 56" aria-hidden="true"><path d="M28 4v28M18 22l10 10 10-10M6 36l4 14h36l4-14" /></svg>
        <strong>Drop raw files anywhere</strong>
        <p>A response as the API sends it, an array of them, or one per line; gzipped or not. Each lands in raw under its own day, and travels from there.</p>
        <p class="small">From a terminal: <code>npx tdf drop FILE</code></p>
      </div>
    </div>`
    }
    ${
      refused.value.length > 0 &&
      html`<div class="notice" role="alert">
        <ul>${refused.value.map((text) => html`<li key=${text}>${text}</li>`)}</ul>
        <button type="button" onClick=${() => {
          refused.value = [];
        }}>Close</button>
      </div>`
    }`;
}
