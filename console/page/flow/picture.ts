import { html } from 'htm/preact';
import { type Layout, pillHeight, pillWidths } from './layout.ts';
import { asides, icons, type PartName, tiles } from './tiles.ts';

/** What a tile says at the moment. */
export interface Said {
  /** Null while nobody knows. */
  readonly lines: readonly string[] | null;
  readonly lamps: readonly { readonly name: string; readonly rings: boolean }[];
  readonly isBad: boolean;
  /** For a screen reader; without it, nothing can be focused. */
  readonly label?: string;
}

interface PictureProps {
  readonly layout: Layout;
  readonly said: Readonly<Record<PartName, Said>>;
}

/** The pipeline, drawn from one list, on the page and in the documentation: SVG, with the classes that style it. */
export function Picture({ layout, said }: PictureProps) {
  return html`
    <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
      <path class="head" d="M0 0 8 4 0 8z" />
    </marker>
    ${layout.bands.map((band) => html`<rect class="band" ...${band} rx="8" />`)}
    ${layout.wires.map(({ path, isAside }) => html`<path class=${isAside ? 'wire aside' : 'wire'} d=${path} marker-end="url(#head)" />`)}
    ${layout.notes.map(({ x, y, text, anchor }) => html`<text x=${x} y=${y} text-anchor=${anchor}>${text}</text>`)}
    ${tiles.map((tile) => html`<${Box} tile=${tile} layout=${layout} said=${said[tile.name]} />`)}
    ${asides.map((tile) => html`<${Pill} tile=${tile} layout=${layout} said=${said[tile.name]} />`)}
    <g class="tokens" />`;
}

function Box({ tile, layout, said }: { tile: (typeof tiles)[number]; layout: Layout; said: Said }) {
  const { half, isWide, spots } = layout;
  const { x, y } = spots[tile.name];
  const raised = (half / 5) * rowsOf(said.lamps);
  const scale = half / 30;
  const texts = isWide
    ? {
        x,
        ys: [y + half + 17, y + half + 34, y + half + 50],
        anchor: 'middle',
        lines: said.lines?.slice(0, 2),
      }
    : { x: x + half + 12, ys: [y - 3, y + 13], anchor: 'start', lines: said.lines?.slice(0, 1) };
  return html`<g ...${reached(tile.name, said)} class="tile ${tile.icon}">
    <rect class="box" x=${x - half} y=${y - half} width=${2 * half} height=${2 * half} rx="8" />
    <path class="icon" d=${icons[tile.icon]} transform="translate(${x - 14 * scale} ${y - 14 * scale - raised}) scale(${scale})" />
    <${Lamps} lamps=${said.lamps} x=${x} y=${y + half * 0.7} radius=${half / 10} />
    <text class="name" x=${texts.x} y=${texts.ys[0]} text-anchor=${texts.anchor}>${tile.label}</text>
    ${
      texts.lines?.map(
        (line, index) =>
          html`<text class=${index === 0 ? 'value' : ''} x=${texts.x} y=${texts.ys[index + 1]} text-anchor=${texts.anchor}>${line}</text>`,
      ) ??
      html`<rect class="bone" x=${isWide ? x - 28 : texts.x} y=${(texts.ys[1] ?? y) - 9} width="56" height="9" rx="3" />`
    }
  </g>`;
}

function Pill({ tile, layout, said }: { tile: (typeof asides)[number]; layout: Layout; said: Said }) {
  const { x, y } = layout.spots[tile.name];
  const width = pillWidths[tile.name];
  const left = x - width / 2;
  return html`<g ...${reached(tile.name, said)} class="tile pill ${tile.icon} ${said.isBad ? 'bad' : ''}">
    <rect class="box" x=${left} y=${y - pillHeight / 2} width=${width} height=${pillHeight} rx="5" />
    <path class="icon" d=${icons[tile.icon]} transform="translate(${left + 6} ${y - 7.7}) scale(.55)" />
    <text class="value" x=${left + 26} y=${y + 4} text-anchor="start">${said.lines?.[0] ?? tile.label}</text>
    <${Lamps} lamps=${said.lamps} x=${left + width - 10} y=${y} radius=${2.8} />
  </g>`;
}

interface LampsProps {
  readonly lamps: Said['lamps'];
  /** Of the lowest row. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

function Lamps({ lamps, x, y, radius }: LampsProps) {
  return lamps.map(({ name, rings }, index) => {
    const row = Math.floor(index / lampsPerRow);
    const inRow = Math.min(lampsPerRow, lamps.length - row * lampsPerRow);
    const cx = x + ((index % lampsPerRow) - (inRow - 1) / 2) * radius * 3.4;
    const cy = y - (rowsOf(lamps) - 1 - row) * radius * 3;
    return html`<circle key=${name} class=${rings ? 'lamp rings' : 'lamp'} cx=${cx} cy=${cy} r=${rings ? radius * 1.2 : radius} />`;
  });
}

const lampsPerRow = 5;
const rowsOf = (lamps: Said['lamps']) => Math.ceil(lamps.length / lampsPerRow);

/** How a tile is found: by a pointer, by the keyboard, and by a token. */
function reached(name: PartName, { label }: Said) {
  if (!label) return {};
  const role = name === 'reconcile' || name.endsWith('-dead') ? 'button' : 'img';
  return { 'data-tile': name, tabindex: 0, role, 'aria-label': label };
}
