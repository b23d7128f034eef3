import type { Alarm, Flow } from '../../api.ts';
import { bytes, clock, count, duration, number } from '../format.ts';
import type { Said } from './picture.ts';
import { asides, type PartName, tiles } from './tiles.ts';

/** What each part of the flow says: its numbers, its lamps, and all of it in words. Without a flow, nobody knows yet. */
export function saidOf(flow: Flow | null): Record<PartName, Said> {
  const lines = flow ? linesOf(flow) : null;
  const parts = [...tiles, ...asides].map(({ name, label, is }): [PartName, Said] => {
    const alarms = alarmsAt(name, flow?.alarms ?? []);
    const own = lines && (lines[name] ?? []);
    const numbers = own?.filter(Boolean).join(', ');
    return [
      name,
      {
        lines: own,
        lamps: alarms,
        isBad: name.endsWith('-dead') && (deadAt(name, flow) > 0 || alarms.some(({ rings }) => rings)),
        label: [numbers ? `${label}: ${numbers}.` : `${label}.`, is, ...alarmTexts(alarms)].join(' '),
      },
    ];
  });
  return Object.fromEntries(parts) as Record<PartName, Said>;
}

/** Each alarm as a sentence: ringing ones first, with what to type. */
export function alarmTexts(alarms: readonly Alarm[]): string[] {
  return alarms
    .toSorted((a, b) => Number(b.rings) - Number(a.rings))
    .map(({ name, rings, description }) =>
      rings ? `${shortName(name)} rings: ${description}` : `${shortName(name)} is quiet.`,
    );
}

/** The alarms about dead letters hang at the dead letters. */
export function alarmsAt(part: PartName, alarms: readonly Alarm[]): Alarm[] {
  return alarms.filter(({ name, tile }) => {
    if (!name.endsWith('DeadLetters')) return tile === part;
    return part === (tile.startsWith('compact') ? 'compact-dead' : 'convert-dead');
  });
}

/** `1 of 12 alarms rings`, and which ones. */
export function alarmSummary(alarms: readonly Alarm[]): {
  readonly text: string;
  readonly ringing: readonly string[];
} {
  const ringing = alarms.filter(({ rings }) => rings).map(({ name }) => shortName(name));
  if (ringing.length === 0) return { text: `${number(alarms.length)} alarms, all quiet`, ringing };
  const verb = ringing.length === 1 ? 'rings' : 'ring';
  return { text: `${ringing.length} of ${count(alarms.length, 'alarm')} ${verb}`, ringing };
}

/** Without what all alarms of a stage begin with. */
function shortName(alarm: string): string {
  return alarm.slice(alarm.lastIndexOf('-') + 1);
}

function deadAt(part: PartName, flow: Flow | null): number {
  return flow?.queues[part === 'compact-dead' ? 'compact' : 'convert'].dead ?? 0;
}

function linesOf(flow: Flow): Partial<Record<PartName, string[]>> {
  const next = flow.schedules.map((schedule) => schedule.next).sort()[0];
  const { buckets, functions, queues } = flow;
  const bucket = ({ objects, bytes: size }: Flow['buckets']['raw'], one: string) => [
    count(objects, one),
    bytes(size),
  ];
  const queue = ({ waiting, inFlight, oldestSeconds }: Flow['queues']['convert']) => [
    `${number(waiting)} waiting`,
    (oldestSeconds ?? 0) >= 60
      ? `oldest ${duration((oldestSeconds ?? 0) * 1000)}`
      : `${number(inFlight)} in flight`,
  ];
  const work = (name: 'convert' | 'compact') => {
    const { averageMilliseconds, invocationsInLastHour } = functions[name];
    return averageMilliseconds === null
      ? ['idle', '']
      : [`${duration(averageMilliseconds)} each`, `${number(invocationsInLastHour)} in 1 h`];
  };
  const { averageMilliseconds } = functions.fetch;
  return {
    scheduler: [count(flow.schedules.length, 'schedule'), next ? `next ${clock(next)}` : ''],
    fetch: [
      count(flow.places, 'place'),
      averageMilliseconds === null ? 'idle' : `${duration(averageMilliseconds)} per run`,
    ],
    raw: bucket(buckets.raw, 'object'),
    'convert-queue': queue(queues.convert),
    convert: work('convert'),
    curated: bucket(buckets.curated, 'object'),
    'compact-queue': queue(queues.compact),
    compact: work('compact'),
    table: bucket(buckets.compacted, 'file'),
    'convert-dead': [count(queues.convert.dead, 'dead letter')],
    'compact-dead': [count(queues.compact.dead, 'dead letter')],
    secret: ['Secrets Manager'],
    reconcile: ['reconcile'],
  };
}
