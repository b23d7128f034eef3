import { outlook } from '../shared/expected-runs.ts';
import type { Config } from './config.ts';

/** How many calls the schedules make. */
export function callsPerMonth({ datasets }: Pick<Config, 'datasets'>): {
  readonly calls: number;
  readonly text: string;
} {
  const all = datasets.map(({ dataset, locations, schedule }) => {
    const calls = Math.ceil(outlook(schedule, new Date()).runsPerMonth * locations.length);
    return {
      calls,
      text: `${dataset.name} ${calls} (places: ${locations.length}, schedule: ${schedule})`,
    };
  });
  const calls = all.reduce((sum, of) => sum + of.calls, 0);
  return {
    calls,
    text: `${calls} calls of WeatherAPI a month: ${all.map(({ text }) => text).join(', ')}.`,
  };
}
