import { effect, signal } from '@preact/signals';
import { html } from 'htm/preact';

type Theme = 'light' | 'dark';
const key = 'theme';

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
/** Null: as the system has it. */
const chosen = signal<Theme | null>(remembered());
const system = signal<Theme>(systemIsDark.matches ? 'dark' : 'light');

function remembered(): Theme | null {
  const theme = localStorage.getItem(key);
  return theme === 'light' || theme === 'dark' ? theme : null;
}

export function startTheme(): void {
  systemIsDark.addEventListener('change', ({ matches }) => {
    system.value = matches ? 'dark' : 'light';
  });
  effect(() => {
    const { documentElement } = document;
    if (chosen.value) documentElement.dataset.theme = chosen.value;
    else delete documentElement.dataset.theme;
  });
}

/** What the page looks like now. */
export const theme = () => chosen.value ?? system.value;

function toggle(): void {
  const next = theme() === 'dark' ? 'light' : 'dark';
  // Back to what the system has: then it follows the system again.
  chosen.value = next === system.value ? null : next;
  if (chosen.value) localStorage.setItem(key, chosen.value);
  else localStorage.removeItem(key);
}

export function ThemeButton() {
  return html`<button type="button" class="plain theme" aria-pressed=${theme() === 'dark'} aria-label="Dark theme" title="Light or dark" onClick=${toggle}>
    <svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6" /><path d="M8 2a6 6 0 0 1 0 12z" /></svg>
  </button>`;
}
