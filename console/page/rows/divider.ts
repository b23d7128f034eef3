import { useSignal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect } from 'preact/hooks';

const key = 'rows-height';
const least = 196;
const step = 24;

/** The line above the rows: dragged, or moved by keys, it gives them more or less of the page. It is remembered. */
export function Divider() {
  const height = useSignal(remembered());
  const most = Math.max(least, innerHeight - 60);
  const set = (wanted: number) => {
    height.value = Math.round(Math.min(most, Math.max(least, wanted)));
    localStorage.setItem(key, String(height.value));
  };
  useEffect(() => {
    const page = document.querySelector('main');
    document.documentElement.style.setProperty('--rows', `${height.value}px`);
    if (height.value > least) page?.scrollTo({ top: page.scrollHeight });
  }, [height.value]);
  return html`<div class="divider" role="separator" tabindex="0" aria-orientation="horizontal" aria-label="Height of the rows" aria-controls="rows"
    aria-valuemin=${least} aria-valuemax=${most} aria-valuenow=${height} title="Drag it, or press the up and down keys"
    onPointerDown=${(event: PointerEvent) => {
      event.preventDefault();
      const handle = event.currentTarget as HTMLElement;
      handle.focus();
      handle.setPointerCapture(event.pointerId);
      const from = { y: event.clientY, height: handle.parentElement?.offsetHeight ?? height.value };
      handle.onpointermove = ({ clientY }) => set(from.height + from.y - clientY);
      handle.onpointerup = () => {
        handle.onpointermove = null;
      };
    }}
    onDblClick=${() => set(least)}
    onKeyDown=${(event: KeyboardEvent) => {
      const to = { ArrowUp: height.value + step, ArrowDown: height.value - step, Home: least, End: most }[
        event.key
      ];
      if (to === undefined) return;
      event.preventDefault();
      set(to);
    }}></div>`;
}

function remembered(): number {
  const height = Number(localStorage.getItem(key));
  return height >= least ? height : least;
}
