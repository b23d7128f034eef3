import type { CalendarCell } from '../../api.ts';
import type { CalendarLayout, Spot } from './layout.ts';
import { shadesOf } from './shade.ts';

type State = CalendarCell['state'];
type Box = Pick<Spot, 'x' | 'y' | 'width' | 'height'>;

/** All cells that look alike, as one path. */
export interface Shape {
  readonly state: State;
  /** What the style sheet knows it by. */
  readonly look: string;
  readonly path: string;
}

/** Thousands of cells as a path or two for each state. */
export function shapesOf({ spots }: CalendarLayout): readonly Shape[] {
  const shades = shadesOf(spots.map(({ cell }) => cell));
  const paths = new Map<string, { readonly state: State; readonly parts: string[] }>();
  for (const [index, spot] of spots.entries()) {
    for (const { look, path } of cellShapes(spot.cell.state, spot)) {
      const shaded = look === spot.cell.state ? `${look} shade-${shades[index]}` : look;
      const known = paths.get(shaded);
      if (known) known.parts.push(path);
      else paths.set(shaded, { state: spot.cell.state, parts: [path] });
    }
  }
  return [...paths].map(([look, { state, parts }]) => ({ state, look, path: parts.join('') }));
}

/** A state has a form of its own, so that it is not told by colour alone. */
export function cellShapes(
  state: State,
  { x, y, width, height }: Box,
): readonly { readonly look: string; readonly path: string }[] {
  const middle = { x: x + width / 2, y: y + height / 2 };
  const outline = rectangle(x + 0.5, y + 0.5, width - 1, height - 1);
  switch (state) {
    case 'compacted':
      return [{ look: state, path: rectangle(x, y, width, height) }];
    case 'dead':
      return [
        { look: state, path: rectangle(x - 1, y - 1, width + 2, height + 2) },
        { look: 'cross', path: `M${middle.x - 2} ${middle.y - 2}l4 4m0-4-4 4` },
      ];
    case 'landed':
      return [
        { look: state, path: outline },
        { look: 'half', path: rectangle(x, middle.y, width, height / 2) },
      ];
    case 'failed':
      return [{ look: state, path: `${outline}M${x + 1} ${y + height - 1}L${x + width - 1} ${y + 1}` }];
    case 'skipped':
      return [{ look: state, path: rectangle(x, middle.y - 1.5, width, 3) }];
    case 'due':
      return [{ look: state, path: `M${middle.x - 2} ${middle.y}a2 2 0 1 0 4 0a2 2 0 1 0-4 0z` }];
    case 'none':
      return [{ look: state, path: rectangle(middle.x - 1, middle.y - 1, 2, 2) }];
    default:
      return [{ look: state, path: outline }];
  }
}

function rectangle(x: number, y: number, width: number, height: number): string {
  return `M${x} ${y}h${width}v${height}h${-width}z`;
}
