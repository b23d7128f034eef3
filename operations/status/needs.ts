import type { Day } from '../../shared/keys.ts';
import type { AlarmStatus } from '../observed.ts';
import type { RunStatus } from './run-status.ts';
import type { DatasetStatus } from './status.ts';

/** What somebody has to act on. */
export type Need =
  | { readonly kind: 'alarm'; readonly alarm: AlarmStatus }
  | { readonly kind: 'dead-letters'; readonly count: number }
  /** The newest run that is over, when it failed or never began: what comes next will do the same. */
  | { readonly kind: 'run'; readonly dataset: string; readonly run: RunStatus }
  /** Days that places lack, and that can be fetched later. */
  | {
      readonly kind: 'days';
      readonly dataset: string;
      readonly from: Day;
      readonly to: Day;
      readonly days: number;
      readonly places: readonly string[];
    };

export function needsOf(
  datasets: readonly DatasetStatus[],
  alarms: readonly AlarmStatus[],
  deadLetters: number,
): readonly Need[] {
  const ringing = alarms.filter(({ state }) => state === 'ALARM');
  return [
    ...ringing.map((alarm) => ({ kind: 'alarm' as const, alarm })),
    // Unless the alarm about them says so already.
    ...(deadLetters > 0 && !ringing.some(({ name }) => name.endsWith('-DeadLetters'))
      ? [{ kind: 'dead-letters' as const, count: deadLetters }]
      : []),
    ...datasets.flatMap(needsOfRuns),
  ];
}

function needsOfRuns({ dataset, runs }: DatasetStatus): Need[] {
  const last = runs.findLast(({ state }) => state !== 'due');
  const days = runs.flatMap(({ day, lacking }) => (day !== null && lacking.length > 0 ? [day] : []));
  const [from, to] = [days[0], days.at(-1)];
  return [
    ...(last?.state === 'failed' || last?.state === 'missing'
      ? [{ kind: 'run' as const, dataset, run: last }]
      : []),
    ...(from !== undefined && to !== undefined
      ? [
          {
            kind: 'days' as const,
            ...{ dataset, from, to, days: days.length },
            places: [...new Set(runs.flatMap(({ lacking }) => lacking))],
          },
        ]
      : []),
  ];
}
