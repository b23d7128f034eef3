import { count, kilobytes, megabytes, short } from './format.ts';
import type { Grid } from './grid.ts';
import type { Results } from './results.ts';

/** Something that is to be reached, in one unit; the worst of what was measured counts. */
interface Target {
  readonly what: string;
  readonly most: number;
  readonly unit: string;
  /** In the target's unit; empty when it was not measured. */
  readonly measured: readonly { readonly of?: string; readonly value: number }[];
  readonly text?: (value: number) => string;
}

/** How much more memory twice the records may take: what differs from one run to the next. */
const flat = 1.1;

/** @param all with those, too, of which nothing was measured */
export function targetsGrid(results: Results, { all }: { readonly all: boolean }): Grid {
  const shown = targets(results).filter(({ measured }) => all || measured.length > 0);
  return {
    title: 'Targets',
    head: ['what', 'reach', 'measured', 'reached'],
    align: ['left', 'left', 'left', 'left'],
    rows: shown.map(({ what, most, unit, measured, text = short }) => [
      what,
      `≤ ${text(most)} ${unit}`,
      measured.map(({ of, value }) => `${text(value)}${of ? ` (${of})` : ''}`).join(', ') || 'not measured',
      measured.length === 0 ? '' : measured.every(({ value }) => value <= most) ? 'yes' : 'no',
    ]),
  };
}

function targets({ measurements, streams, bundles }: Results): Target[] {
  const ours = (records: number) => {
    const found = measurements.find(
      (measurement) => measurement.name === 'ours' && measurement.records === records,
    );
    return found && !('reason' in found) ? [found] : [];
  };
  const streamed = (records: number) => streams.filter((stream) => stream.records === records);
  const million = 1_000_000;
  const peaks = (records: number) => streamed(records).map(({ peak }) => ({ value: peak.ours / 1e6 }));
  const growth = streamed(2 * million).flatMap((twice) =>
    streamed(million).map((once) => ({ value: twice.peak.ours / once.peak.ours })),
  );
  return [
    {
      what: `${count(100_000)} records, bytes to bytes`,
      most: 2,
      unit: '× parse',
      measured: ours(100_000).map(({ ratio }) => ({ value: ratio.median })),
    },
    {
      what: `${count(million)} records, streamed`,
      most: 2,
      unit: '× parse',
      measured: streamed(million).map(({ ratio }) => ({ value: ratio.median })),
    },
    { what: `peak memory at ${count(million)} records`, most: 200, unit: 'MB', measured: peaks(million) },
    {
      what: `peak memory at ${count(2 * million)} records`,
      most: 200,
      unit: 'MB',
      measured: peaks(2 * million),
    },
    { what: 'the second of these two, to the first', most: flat, unit: '×', measured: growth },
    {
      what: `size of ${count(100_000)} records`,
      most: 4.3e6,
      unit: 'MB',
      measured: ours(100_000).map(({ bytes }) => ({ value: bytes ?? Number.NaN })),
      text: megabytes,
    },
    {
      what: '1 record, warm, without I/O',
      most: 1,
      unit: 'ms',
      measured: ours(1).map(({ wall }) => ({ value: wall.median })),
    },
    {
      what: 'each bundle, minified',
      most: 360_000,
      unit: 'KB',
      measured: bundles.map(({ name, bytes }) => ({ of: name, value: bytes })),
      text: kilobytes,
    },
    {
      what: 'load time of each over bare Node',
      most: 50,
      unit: 'ms',
      measured: bundles.map(({ name, load }) => ({ of: name, value: load.median })),
    },
  ];
}
