import type { BuryingFunction } from '../../../shared/dead-letters.ts';
import { type PartName, tiles } from './tiles.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where a token can be: at a part, at the fork before the dead letters, or where dropped files come from. */
export type Spot = PartName | 'convert-fork' | 'compact-fork' | 'drop';

export interface Wire {
  readonly path: string;
  /** Beside the way that all data takes. */
  readonly isAside: boolean;
}

export interface Note extends Point {
  readonly text: string;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** Where everything of the flow is drawn. */
export interface Layout {
  /** Left to right; else top to bottom. */
  readonly isWide: boolean;
  readonly width: number;
  readonly height: number;
  /** Half the side of a tile. */
  readonly half: number;
  readonly spots: Readonly<Record<Spot, Point>>;
  /** Around a function and its queue. */
  readonly bands: readonly (Point & { readonly width: number; readonly height: number })[];
  readonly wires: readonly Wire[];
  readonly notes: readonly Note[];
}

/** Widths of what stands beside the flow. */
export const pillWidths = { secret: 132, 'convert-dead': 148, reconcile: 98, 'compact-dead': 148 } as const;
export const pillHeight = 26;

const stages: readonly BuryingFunction[] = ['convert', 'compact'];

/** For so many pixels: left to right where there is room, top to bottom on a phone. */
export function flowLayout(room: number): Layout {
  return room >= 700 ? wideLayout() : tallLayout(Math.max(room, 300));
}

function wideLayout(): Layout {
  const half = 28;
  const [top, bottom] = [70, 178];
  const spots = spotsOf((index) => ({ x: 52 + 101 * index, y: top }), {
    secret: { x: 75, y: 16 },
    dead: (fork) => ({ x: fork.x, y: bottom }),
    reconcile: (curated) => ({ x: curated.x, y: bottom }),
    drop: (raw) => ({ x: raw.x, y: 16 }),
  });
  const { fetch, raw, curated, table, secret } = spots;
  const between = tiles.slice(1).map(({ name }, index) => {
    const start = spots[tiles[index]?.name ?? name].x + half;
    return wire(`M${start} ${top}H${spots[name].x - half - 2}`);
  });
  const upper = top - half;
  const around = stages.flatMap((stage) => {
    const [queue, work, fork] = [spots[`${stage}-queue`], spots[stage], spots[`${stage}-fork`]];
    return [
      wire(`M${fork.x} ${top}V${bottom - pillHeight / 2 - 2}`),
      aside(`M${work.x} ${upper}C${work.x} ${upper - 26} ${queue.x} ${upper - 26} ${queue.x} ${upper - 2}`),
    ];
  });
  const edge = pillWidths.reconcile / 2;
  return {
    isWide: true,
    width: 912,
    height: 198,
    half,
    spots,
    bands: stages.map((stage) => ({ x: spots[`${stage}-queue`].x - 42, y: 6, width: 185, height: 190 })),
    wires: [
      ...between,
      ...around,
      aside(`M${secret.x + pillWidths.secret / 2} ${secret.y}H141Q145 ${secret.y} 145 20V${upper - 2}`),
      aside(`M${fetch.x + 12} 18V${upper - 2}`),
      aside(`M${raw.x} 18V${upper - 2}`),
      aside(`M${table.x} ${upper}V20`),
      aside(`M${curated.x - edge} ${bottom}H${curated.x - 58}`),
      aside(`M${curated.x + edge} ${bottom}H${curated.x + 58}`),
    ],
    notes: [
      { x: fetch.x - 3, y: 13, text: 'WeatherAPI', anchor: 'start' },
      { x: raw.x - 26, y: 13, text: 'dropped files', anchor: 'start' },
      { x: 908, y: 13, text: 'Athena, DuckDB', anchor: 'end' },
      ...stages.map(
        (stage): Note => ({ x: spots[`${stage}-fork`].x, y: 42, text: 'retry', anchor: 'middle' }),
      ),
    ],
  };
}

function tallLayout(width: number): Layout {
  const half = 20;
  const pitch = 58;
  const right = width - 4;
  const spots = spotsOf((index) => ({ x: 28, y: 30 + pitch * index }), {
    secret: { x: right - 6 - pillWidths.secret / 2, y: 30 + pitch + 9 },
    dead: (fork) => ({ x: right - 6 - pillWidths['convert-dead'] / 2, y: fork.y }),
    reconcile: (curated) => ({ x: right - 6 - pillWidths['convert-dead'] / 2, y: curated.y }),
    drop: (raw) => ({ x: right - 90, y: raw.y }),
  });
  const { fetch, raw, table, secret, reconcile } = spots;
  const x = fetch.x;
  const between = tiles.slice(1).map(({ name }, index) => {
    const start = spots[tiles[index]?.name ?? name].y + half;
    return wire(`M${x} ${start}V${spots[name].y - half - 2}`);
  });
  const around = stages.map((stage) => {
    const { y } = spots[`${stage}-fork`];
    return wire(`M${x} ${y}H${spots[`${stage}-dead`].x - pillWidths['convert-dead'] / 2 - 2}`);
  });
  return {
    isWide: false,
    width,
    height: 2 * 30 + pitch * (tiles.length - 1),
    half,
    spots,
    bands: stages.map((stage) => ({
      x: 2,
      y: spots[`${stage}-queue`].y - 26,
      width: right - 2,
      height: pitch + 52,
    })),
    wires: [
      ...between,
      ...around,
      aside(`M${secret.x - pillWidths.secret / 2} ${secret.y}H${x + half + 80}`),
      aside(`M${reconcile.x} ${reconcile.y - pillHeight / 2}v-16`),
      aside(`M${reconcile.x} ${reconcile.y + pillHeight / 2}v16`),
    ],
    notes: [
      { x: right - 4, y: secret.y - 20, text: 'from WeatherAPI', anchor: 'end' },
      { x: right - 4, y: raw.y + 4, text: 'and dropped files', anchor: 'end' },
      { x: right - 4, y: table.y + 4, text: 'for Athena, DuckDB', anchor: 'end' },
    ],
  };
}

const wire = (path: string): Wire => ({ path, isAside: false });
const aside = (path: string): Wire => ({ path, isAside: true });

function spotsOf(
  at: (index: number) => Point,
  beside: {
    readonly secret: Point;
    readonly dead: (fork: Point) => Point;
    readonly reconcile: (curated: Point) => Point;
    readonly drop: (raw: Point) => Point;
  },
): Record<Spot, Point> {
  const flowing = Object.fromEntries(tiles.map(({ name }, index) => [name, at(index)])) as Record<
    PartName,
    Point
  >;
  const fork = (stage: BuryingFunction) => {
    const [queue, work] = [flowing[`${stage}-queue`], flowing[stage]];
    return { x: (queue.x + work.x) / 2, y: (queue.y + work.y) / 2 };
  };
  const forks = { convert: fork('convert'), compact: fork('compact') };
  return {
    ...flowing,
    secret: beside.secret,
    reconcile: beside.reconcile(flowing.curated),
    drop: beside.drop(flowing.raw),
    'convert-fork': forks.convert,
    'compact-fork': forks.compact,
    'convert-dead': beside.dead(forks.convert),
    'compact-dead': beside.dead(forks.compact),
  };
}
