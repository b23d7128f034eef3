import Table from 'cli-table3';
import { entryOf } from '../candidates/candidates.ts';
import type { Measurement } from '../rounds/measure.ts';
import type { Spread } from '../rounds/spread.ts';

/** For the screen. */
export function roundsTable(measurements: readonly Measurement[]): string {
  const table = new Table({
    head: ['records', 'candidate', 'milliseconds', '× parse', 'CPU × parse', 'MB'],
    colAligns: ['right', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const measurement of measurements) {
    const { records, name } = measurement;
    const start = [records.toLocaleString('en'), entryOf(name).title];
    if ('reason' in measurement) table.push([...start, { colSpan: 4, content: measurement.reason }]);
    else {
      const { wall, ratio, cpuRatio, bytes } = measurement;
      table.push([
        ...start,
        text(wall),
        text(ratio),
        text(cpuRatio),
        bytes === undefined ? '' : (bytes / 1e6).toFixed(3),
      ]);
    }
  }
  return table.toString();
}

function text({ median, least, most }: Spread): string {
  return `${short(median)} (${short(least)}–${short(most)})`;
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
