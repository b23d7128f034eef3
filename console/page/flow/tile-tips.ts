import { html } from 'htm/preact';
import { useAction } from '../action.ts';
import { act } from '../api.ts';
import { flow } from '../state.ts';
import { hideTip, showTip } from '../tip.ts';
import { alarmsAt, alarmTexts } from './said.ts';
import { asides, type PartName, tiles } from './tiles.ts';

/** Handlers of the picture: a tile says what it is when it is pointed at, and does what it can when it is clicked. */
export const tellsOfTiles = {
  onMouseOver: tell,
  onFocusIn: tell,
  onMouseOut: () => hideTip(),
  onFocusOut: () => hideTip(),
  onClick: does,
  onKeyDown: (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    does(event);
  },
};

const tileAt = ({ target }: Event) => (target as Element).closest<SVGElement>('[data-tile]');
const nameOf = (tile: SVGElement) => tile.dataset.tile as PartName;

function tell(event: Event): void {
  const tile = tileAt(event);
  if (tile) showTip(html`<${About} name=${nameOf(tile)} />`, tile.getBoundingClientRect());
}

function does(event: Event): void {
  const tile = tileAt(event);
  if (!tile) return;
  const name = nameOf(tile);
  if (name.endsWith('-dead')) document.getElementById('letters')?.focus();
  if (name !== 'reconcile') return;
  showTip(html`<${About} name=${name} /><${Reconcile} />`, tile.getBoundingClientRect(), {
    isPinned: true,
    owner: tile,
  });
}

function About({ name }: { name: PartName }) {
  const { label, is } = [...tiles, ...asides].find((one) => one.name === name) ?? { label: name, is: '' };
  const alarms = alarmsAt(name, flow.value?.alarms ?? []);
  const ringing = alarms.filter(({ rings }) => rings).length;
  return html`<b>${label}</b><p>${is}</p>
    <ul>${alarmTexts(alarms).map((text, index) => html`<li key=${text} class=${index < ringing ? 'bad' : 'quiet'}>${text}</li>`)}</ul>`;
}

function Reconcile() {
  const { run, isBusy, error } = useAction();
  const start = async () => {
    if (await run(() => act({ kind: 'reconcile' }))) hideTip({ pinned: true });
  };
  return html`${error && html`<p class="bad" role="alert">${error}</p>`}
    <div class="line"><button type="button" class="primary" disabled=${isBusy} onClick=${start}>Reconcile now</button></div>`;
}
