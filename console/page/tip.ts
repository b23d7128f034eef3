import { effect, signal } from '@preact/signals';
import { html } from 'htm/preact';
import { type ComponentChildren, createRef } from 'preact';

/** What is shown beside a thing, and the box in the window that it is about. */
interface Shown {
  readonly content: ComponentChildren;
  readonly box: Pick<DOMRect, 'left' | 'right' | 'top' | 'bottom'>;
  /** A pinned tip has buttons, and stays until Escape or a click elsewhere. */
  readonly isPinned: boolean;
  /** To the right or the left of the box, at its top; else below or above it. */
  readonly isBeside: boolean;
  /** Gets the focus back. */
  readonly owner: HTMLElement | SVGElement | null;
}

const shown = signal<Shown | null>(null);
const tip = createRef<HTMLDivElement>();

export function showTip(
  content: ComponentChildren,
  box: Shown['box'],
  { isPinned = false, isBeside = false, owner = null }: Partial<Omit<Shown, 'content' | 'box'>> = {},
): void {
  shown.value = { content, box, isPinned, isBeside, owner };
}

export function isTipPinned(): boolean {
  return shown.peek()?.isPinned ?? false;
}

/** A pinned one stays unless it is told to go. */
export function hideTip({ pinned = false } = {}): void {
  const { value } = shown;
  if (!value || (value.isPinned && !pinned)) return;
  shown.value = null;
  if (value.isPinned) value.owner?.focus();
}

export function Tip() {
  const { value } = shown;
  return html`<div ref=${tip} class=${value?.isPinned ? 'tip pinned' : 'tip'} role=${value?.isPinned ? 'dialog' : 'tooltip'} aria-label=${value?.isPinned ? 'What is known, and what can be done' : undefined} hidden=${!value}>${value?.content}</div>`;
}

/** Places the tip where there is room: below the box, or above it. */
export function startTip(): void {
  effect(() => {
    const { value } = shown;
    if (value) requestAnimationFrame(() => place(value));
  });
  addEventListener('keydown', ({ key }) => key === 'Escape' && hideTip({ pinned: true }));
  addEventListener('pointerdown', ({ target }) => {
    if (!tip.current?.contains(target as Node)) hideTip({ pinned: true });
  });
  addEventListener('scroll', () => hideTip(), { capture: true, passive: true });
}

function place({ box, isPinned, isBeside }: Shown): void {
  const { current } = tip;
  if (!current) return;
  const { width, height } = current.getBoundingClientRect();
  const right = box.right + 8;
  const beside = right + width > innerWidth - 8 ? box.left - width - 8 : right;
  const wanted = isBeside ? beside : (box.left + box.right - width) / 2;
  const left = Math.min(Math.max(8, wanted), innerWidth - width - 8);
  const below = isBeside ? box.top : box.bottom + 8;
  const top = below + height > innerHeight - 8 ? Math.max(8, box.top - height - 8) : below;
  current.style.setProperty('left', `${left}px`);
  current.style.setProperty('top', `${top}px`);
  if (isPinned) current.querySelector('button')?.focus();
}
