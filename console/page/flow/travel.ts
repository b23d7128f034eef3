import type { Layout, Spot } from './layout.ts';

const svg = 'http://www.w3.org/2000/svg';
/** More would be a crowd, not objects that an eye can follow. */
const most = 8;
let travelling = 0;

/** Moves a token along spots. Without motion, the tiles light up in turn. */
export async function travel(
  picture: SVGElement,
  layout: Layout,
  route: readonly Spot[],
  { isBad = false } = {},
): Promise<void> {
  const start = route[0];
  if (!start || travelling >= most || document.hidden) return;
  travelling++;
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const token = isStill ? null : drawToken(picture, isBad);
  try {
    let from = layout.spots[start];
    for (const spot of route) {
      const to = layout.spots[spot];
      const frames = [from, to].map(({ x, y }) => ({ transform: `translate(${x}px, ${y}px)` }));
      await token?.animate(frames, { duration: 420, easing: 'ease-in-out', fill: 'forwards' }).finished;
      await lit(picture.querySelector(`[data-tile="${spot}"]`), isStill ? 500 : 200);
      from = to;
    }
  } finally {
    token?.remove();
    travelling--;
  }
}

async function lit(tile: Element | null, milliseconds: number): Promise<void> {
  if (!tile) return;
  tile.classList.add('lit');
  await new Promise((done) => setTimeout(done, milliseconds));
  tile.classList.remove('lit');
}

function drawToken(picture: SVGElement, isBad: boolean): SVGElement {
  const token = document.createElementNS(svg, 'g');
  token.setAttribute('class', isBad ? 'token bad' : 'token');
  for (const [name, path] of [
    ['sheet', 'M-5.5-7h7l4 4V7h-11z'],
    ['fold', 'M1.5-7v4h4z'],
  ] as const) {
    const part = document.createElementNS(svg, 'path');
    part.setAttribute('class', name);
    part.setAttribute('d', path);
    token.append(part);
  }
  picture.querySelector('.tokens')?.append(token);
  return token;
}
