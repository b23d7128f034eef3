import type { BuryingFunction } from '../../shared/dead-letters.ts';
import type { Day } from '../../shared/keys.ts';
import type { AlarmStatus } from '../observed.ts';
import type { RunStatus } from './run-status.ts';
import type { DatasetStatus, PipelineStatus } from './status.ts';

/** What somebody has to act on. */
export type Need =
  | { readonly kind: 'alarm'; readonly alarm: AlarmStatus }
  | { readonly kind: 'dead-letters'; readonly function: BuryingFunction; readonly count: number }
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

const deadLetterAlarms = [
  ['convert', 'DeadLetters'],
  ['compact', 'CompactDeadLetters'],
] as const;

export function needsOf(
  datasets: readonly DatasetStatus[],
  alarms: readonly AlarmStatus[],
  queues: PipelineStatus['queues'],
): readonly Need[] {
  const ringing = alarms.filter(({ state }) => state === 'ALARM');
  return [
    ...ringing.map((alarm) => ({ kind: 'alarm' as const, alarm })),
    // Unless the alarm about them says so already.
    ...deadLetterAlarms.flatMap(([name, alarm]) => {
      const count = queues[name].dead;
      const isSaid = ringing.some((each) => each.name.endsWith(`-${alarm}`));
      return count > 0 && !isSaid ? [{ kind: 'dead-letters' as const, function: name, count }] : [];
    }),
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
