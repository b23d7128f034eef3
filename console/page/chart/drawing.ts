import { html } from 'htm/preact';
import type { Chart } from '../../api.ts';
import { spread } from './labels.ts';
import { placeLook } from './place.ts';
import { endsOf, type Frame, linePath } from './scale.ts';
import type { AlignedLines } from './series.ts';
import { type Measure, valueText } from './values.ts';

interface Props {
  readonly chart: Chart;
  readonly aligned: AlignedLines;
  readonly frame: Frame;
  readonly measure: Measure;
}

/** What does not move: the grid, the lines, and the names at their ends. */
export function Drawing({ chart, aligned, frame, measure }: Props) {
  const { left, right, top, bottom, x, y } = frame;
  const now = x(Date.parse(chart.now));
  const ends = endsOf(aligned, frame);
  const wanted = ends.map((end) => end.y);
  const fit = spread(wanted, 32, bottom - 16);
  // Where not all find room, the last line says how many do not.
  const heights = fit.includes(undefined) ? spread(wanted, 32, bottom - 32) : fit;
  const hidden = heights.filter((height) => height === undefined).length;
  return html`
    ${frame.values.map(
      (value) => html`<path class="lines-grid" d="M${left} ${Math.round(y(value)) + 0.5}H${right}" />
        <text x=${left - 6} y=${y(value) + 4} text-anchor="end">${value}</text>`,
    )}
    ${frame.days.map(
      ({ time, text }) => html`<path class="lines-grid" d="M${Math.round(x(time)) + 0.5} ${top}V${bottom}" />
        <text x=${x(time)} y=${bottom + 16} text-anchor="middle">${text}</text>`,
    )}
    ${
      now >= left &&
      now <= right &&
      html`<path class="lines-now" d="M${Math.round(now) + 0.5} ${top}V${bottom}" /><text x=${now + 4} y=${top + 9}>now</text>`
    }
    ${aligned.lines.map(
      (line) =>
        html`<path class="series ${line.kind} ${placeLook(line.rank)}" d=${linePath(aligned.times, line, frame)} />`,
    )}
    ${ends.map(({ place, rank, value }, index) => {
      const height = heights[index];
      return (
        height !== undefined &&
        html`<text class="place ${placeLook(rank)}" x=${right + 8} y=${height + 4}>${shortened(place)}</text>
          <text x=${right + 8} y=${height + 19}>${valueText(value, measure)}</text>`
      );
    })}
    ${hidden > 0 && html`<text x=${right + 8} y=${bottom + 4}>and ${hidden} more</text>`}`;
}

function shortened(place: string): string {
  return place.length > 12 ? `${place.slice(0, 10)}…` : place;
}
