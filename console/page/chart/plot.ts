import uPlot from 'uplot';
import type { Chart } from '../../api.ts';
import { spread } from './labels.ts';
import { type AlignedLines, lastOf } from './series.ts';
import { dayLabels, valueText } from './values.ts';

const gutter = 92;
const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';

export interface PlotEvents {
  /** The pointer or a key is at this index of the times, this far from the left of the window; null when it has left. */
  readonly onRead: (index: number | null) => void;
  /** A span was chosen, in milliseconds since 1970. */
  readonly onSpan: (from: number, to: number) => void;
}

/** Draws the lines of a chart into an element. Colours are those of the style sheet at the time of drawing. */
export function plot(host: HTMLElement, chart: Chart, aligned: AlignedLines, events: PlotEvents): uPlot {
  const colour = colours(host);
  const { times, lines } = aligned;
  const data = [times, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData;
  const axis = { stroke: () => colour('--quiet'), font, ticks: { show: false } };
  const grid = { stroke: () => colour('--line'), width: 1 };
  return new uPlot(
    {
      width: host.clientWidth,
      height: host.clientHeight,
      ms: 1,
      tzDate: (time) => uPlot.tzDate(new Date(time), 'Etc/UTC'),
      padding: [8, gutter, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 7, width: 1.5 },
        drag: { x: true, y: false, setScale: false, dist: 6 },
      },
      scales: { x: { time: true } },
      axes: [
        { ...axis, grid, size: 24, gap: 4, space: 40, values: (_, splits) => [...dayLabels(splits)] },
        { ...axis, grid, size: 40, gap: 6, space: 28 },
      ],
      series: [
        {},
        ...lines.map(({ place, kind, rank }) => ({
          label: place,
          stroke: () => colour(placeColour(rank)),
          width: kind === 'observed' ? 2 : 1.25,
          ...(kind === 'forecast' && { dash: [4, 3] }),
          points: { show: false },
        })),
      ],
      hooks: {
        draw: [
          (self) => drawNow(self, Date.parse(chart.now), colour),
          (self) => drawEnds(self, chart, aligned, colour),
        ],
        setCursor: [({ cursor }) => events.onRead((cursor.left ?? -1) < 0 ? null : (cursor.idx ?? null))],
        setSelect: [
          (self) => {
            const { left, width } = self.select;
            if (width === 0) return;
            const [from, to] = [left, left + width].map((x) => self.posToVal(x, 'x'));
            self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            if (from !== undefined && to !== undefined) events.onSpan(from, to);
          },
        ],
      },
    },
    data,
    host,
  );
}

export function placeColour(rank: number): string {
  return `--place-${(rank % 6) + 1}`;
}

type Colour = (name: string) => string;

/** A canvas knows no custom properties: the element resolves them. */
function colours(host: HTMLElement): Colour {
  return (name) => {
    host.style.setProperty('color', `var(${name})`);
    const { color } = getComputedStyle(host);
    host.style.removeProperty('color');
    return color;
  };
}

function drawNow({ ctx, bbox, valToPos }: uPlot, now: number, colour: Colour): void {
  const x = Math.round(valToPos(now, 'x', true)) + 0.5;
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = colour('--edge');
  ctx.lineWidth = uPlot.pxRatio;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  write(ctx, 'now', x + 4 * uPlot.pxRatio, bbox.top + 10 * uPlot.pxRatio, colour('--quiet'), '');
  ctx.restore();
}

/** Each place is named where its line ends, with its latest value. */
function drawEnds(
  { ctx, bbox, valToPos }: uPlot,
  { unit }: Chart,
  { lines }: AlignedLines,
  colour: Colour,
): void {
  const ratio = uPlot.pxRatio;
  const ends = [...Map.groupBy(lines, ({ place }) => place).values()].flatMap((own) => {
    const line =
      own.find(({ kind, values }) => kind === 'observed' && values.some((v) => typeof v === 'number')) ??
      own[0];
    const last = line && lastOf(line);
    return last ? [{ ...line, value: last.value, y: valToPos(last.value, 'y', true) - bbox.top }] : [];
  });
  const places = spread(
    ends.map(({ y }) => y),
    32 * ratio,
    bbox.height - 16 * ratio,
  );
  ctx.save();
  const x = bbox.left + bbox.width + 8 * ratio;
  for (const [index, { place, rank, value }] of ends.entries()) {
    const y = places[index];
    if (y === undefined) continue;
    const top = bbox.top + y;
    write(ctx, place, x, top + 4 * ratio, colour(placeColour(rank)), '600 ');
    write(ctx, valueText(value, unit), x, top + 19 * ratio, colour('--quiet'), '');
  }
  ctx.restore();
}

function write(
  ctx: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  fill: string,
  weight: string,
): void {
  ctx.fillStyle = fill;
  ctx.font = `${weight}${font.replace('12px', `${12 * uPlot.pxRatio}px`)}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  let shown = text;
  const most = (gutter - 10) * uPlot.pxRatio;
  while (shown.length > 1 && ctx.measureText(shown).width > most) shown = `${shown.slice(0, -2)}…`;
  ctx.fillText(shown, x, y);
}
