import type { CalendarCell } from '../../api.ts';

const hour = 3_600_000;
const day = 24 * hour;
const top = 16;
/** Beside the cells: the hours of the day, or the days of the week. */
const left = 26;
const gap = 2;

/** A cell where it is drawn. */
export interface Spot {
  readonly cell: CalendarCell;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The day and the hour, or the week and the day of the week. */
  readonly column: number;
  readonly row: number;
}

export interface CalendarLayout {
  readonly width: number;
  readonly height: number;
  readonly spots: readonly Spot[];
  readonly labels: readonly { readonly x: number; readonly y: number; readonly text: string }[];
}

/** A column per UTC day, a row per hour. The oldest days are left out where there is no room for them. */
export function hoursLayout(cells: readonly CalendarCell[], room: number): CalendarLayout {
  const dayOf = ({ at }: CalendarCell) => Math.floor(Date.parse(at) / day);
  const last = cells.reduce((latest, cell) => Math.max(latest, dayOf(cell)), Number.NEGATIVE_INFINITY);
  const first = cells.reduce((earliest, cell) => Math.min(earliest, dayOf(cell)), last);
  const most = Math.floor((room - left + gap) / 8);
  const from = Math.max(first, last - most + 1);
  const days = cells.length === 0 ? 0 : last - from + 1;
  const pitch = Math.min(14, Math.max(8, Math.floor((room - left + gap) / Math.max(1, days))));
  const rowPitch = Math.min(9, Math.max(8, pitch - 1));
  const spots = cells
    .filter((cell) => dayOf(cell) >= from)
    .map((cell) => {
      const column = dayOf(cell) - from;
      const row = Math.floor((Date.parse(cell.at) % day) / hour);
      const place = { x: left + column * pitch, y: top + row * rowPitch };
      return { cell, ...place, width: pitch - gap, height: rowPitch - gap, column, row };
    });
  const labels = [0, 6, 12, 18].map((at) => ({
    x: 0,
    y: top + at * rowPitch + 8,
    text: String(at).padStart(2, '0'),
  }));
  let free = left;
  for (let column = 0; column < days; column++) {
    const date = new Date((from + column) * day);
    const x = left + column * pitch;
    if (date.getUTCDay() !== 1 || x < free || x > left + days * pitch - 24) continue;
    const isFirst = free === left || date.getUTCDate() < 8;
    labels.push({
      x,
      y: 11,
      text: isFirst ? `${date.getUTCDate()} ${monthOf(date)}` : `${date.getUTCDate()}`,
    });
    free = x + (isFirst ? 48 : 22);
  }
  return { width: left + days * pitch, height: top + 24 * rowPitch, spots, labels };
}

/** A column per week, a row per day of the week. The weeks go on below where there is no room for all of them. */
export function yearLayout(cells: readonly CalendarCell[], room: number): CalendarLayout {
  const times = cells.map(({ at }) => Date.parse(at));
  const first = mondayOf(Math.min(...times));
  const weeks = cells.length === 0 ? 0 : (mondayOf(Math.max(...times)) - first) / (7 * day) + 1;
  const blocks = Math.min(3, Math.max(1, Math.ceil((weeks * 12) / Math.max(1, room - left))));
  const perBlock = Math.max(1, Math.ceil(weeks / blocks));
  const pitch = Math.min(18, Math.max(6, Math.floor((room - left + gap) / perBlock)));
  const rowPitch = Math.min(12, pitch);
  const blockHeight = 7 * rowPitch + 24;
  const spotOf = (time: number) => {
    const column = Math.floor((time - first) / (7 * day));
    const row = Math.floor((time - first) / day) % 7;
    const block = Math.floor(column / perBlock);
    return {
      x: left + (column % perBlock) * pitch,
      y: top + block * blockHeight + row * rowPitch,
      width: pitch - gap,
      height: rowPitch - gap,
      column,
      row,
    };
  };
  const spots = cells.map((cell) => ({ cell, ...spotOf(Date.parse(cell.at)) }));
  const labels: { x: number; y: number; text: string }[] = [];
  for (let block = 0; block < (weeks === 0 ? 0 : blocks); block++) {
    for (const [row, text] of [
      [0, 'Mo'],
      [4, 'Fr'],
    ] as const)
      labels.push({ x: 0, y: top + block * blockHeight + row * rowPitch + rowPitch - 3, text });
  }
  for (let week = 0; week < weeks; week++) {
    const sunday = new Date(first + (week * 7 + 6) * day);
    const { x, y } = spotOf(first + week * 7 * day);
    if (sunday.getUTCDate() <= 7 && (week % perBlock) * pitch <= perBlock * pitch - 24)
      labels.push({ x, y: y - 5, text: monthOf(sunday) });
  }
  const height = weeks === 0 ? 0 : top + blocks * blockHeight - 24 + 4;
  return { width: left + perBlock * pitch, height, spots, labels };
}

function mondayOf(time: number): number {
  const midnight = Math.floor(time / day) * day;
  return midnight - ((new Date(midnight).getUTCDay() + 6) % 7) * day;
}

function monthOf(date: Date): string {
  return date.toLocaleDateString('en-GB', { month: 'short', timeZone: 'UTC' });
}

/** The index of the cell at a point; its share of the gap counts. Undefined between cells and beside them. */
export function spotAt({ spots }: CalendarLayout, x: number, y: number): number | undefined {
  const index = spots.findIndex(
    (spot) => x >= spot.x && x < spot.x + spot.width + gap && y >= spot.y && y < spot.y + spot.height + gap,
  );
  return index < 0 ? undefined : index;
}

/** Where a key leads from a cell: up and down in time, left and right to the same row. Undefined for any other key. */
export function moved({ spots }: CalendarLayout, from: number, key: string): number | undefined {
  const last = spots.length - 1;
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  if (key === 'ArrowUp') return Math.max(0, from - 1);
  if (key === 'ArrowDown') return Math.min(last, from + 1);
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return undefined;
  const here = spots[from];
  if (!here) return from;
  const ahead = spots
    .map((spot, index) => ({ spot, index }))
    .filter(
      ({ spot }) =>
        spot.row === here.row &&
        (key === 'ArrowLeft' ? spot.column < here.column : spot.column > here.column),
    );
  return (key === 'ArrowLeft' ? ahead.at(-1) : ahead[0])?.index ?? from;
}
