import type { Bundle } from '../bundles/measure-bundles.ts';
import { entryOf } from '../candidates/candidates.ts';
import type { Measurement } from '../rounds/measure.ts';
import type { Stream } from '../stream/measure-stream.ts';
import { count, kilobytes, megabytes, short, spreadText } from './format.ts';
import type { Grid } from './grid.ts';

/** One table a size. */
export function roundsGrids(measurements: readonly Measurement[]): Grid[] {
  return [...Map.groupBy(measurements, ({ records }) => records)].map(([records, ofSize]) => ({
    title: `${count(records)} ${records === 1 ? 'record' : 'records'}`,
    head: ['converter', 'milliseconds', '× parse', 'CPU × parse', 'MB out'],
    align: ['left', 'right', 'right', 'right', 'right'],
    rows: ofSize.map((measurement) => {
      const { title } = entryOf(measurement.name);
      if ('reason' in measurement) return [title, measurement.reason, '', '', ''];
      const { name, wall, ratio, cpuRatio, bytes } = measurement;
      if (name === 'parse') return [title, spreadText(wall), '1', '1', ''];
      return [title, spreadText(wall), spreadText(ratio), spreadText(cpuRatio), megabytes(bytes ?? 0)];
    }),
  }));
}

export function streamsGrid(streams: readonly Stream[]): Grid {
  return {
    title: 'Streamed, ours',
    head: [
      'records',
      'MB in',
      'MB out',
      'milliseconds',
      '× parse',
      'CPU × parse',
      'peak MB',
      'parse',
      'bare Node',
    ],
    align: ['right', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    rows: streams.map(({ records, bytesIn, bytesOut, wall, ratio, cpuRatio, peak }) => [
      count(records),
      megabytes(bytesIn),
      megabytes(bytesOut),
      spreadText(wall),
      spreadText(ratio),
      spreadText(cpuRatio),
      short(peak.ours / 1e6),
      short(peak.parse / 1e6),
      short(peak.bare / 1e6),
    ]),
  };
}

export function bundlesGrid(bundles: readonly Bundle[]): Grid {
  return {
    title: 'Bundles',
    head: ['function', 'KB', 'load over bare Node, ms', 'CPU ms'],
    align: ['left', 'right', 'right', 'right'],
    rows: bundles.map(({ name, bytes, load, loadCpu }) => [
      name,
      kilobytes(bytes),
      spreadText(load),
      spreadText(loadCpu),
    ]),
  };
}
