import type { Target } from '../../../operations/deployed.ts';
import type { Need } from '../../../operations/status/needs.ts';
import type { RunState, RunStatus } from '../../../operations/status/run-status.ts';
import type { DatasetStatus, PipelineStatus } from '../../../operations/status/status.ts';
import { alarmText, next } from '../../target-options.ts';
import { type Printed, print, type Styled } from '../../terminal/output.ts';

const words: Readonly<Record<RunState, Styled>> = {
  compacted: { text: 'compacted', style: 'green' },
  converted: { text: 'converted, not compacted', style: 'yellow' },
  landed: { text: 'landed, not converted', style: 'yellow' },
  skipped: { text: 'skipped', style: 'yellow' },
  failed: { text: 'failed', style: 'red' },
  missing: { text: 'missing', style: 'red' },
  due: { text: 'due', style: 'gray' },
  'not-deployed': { text: 'not deployed', style: 'gray' },
};

/** For people: one line per span of runs that went the same way, and what to do about it. */
export function showStatus(status: PipelineStatus, hours: number, target: Target): void {
  const { datasets: shown, queues, alarms, unknown, needs } = status;
  for (const dataset of shown) showDataset(dataset, hours);
  if (shown.length === 0) print('No schedule fetches it.');
  const ringing = alarms.filter(({ state }) => state === 'ALARM').length;
  for (const [index, [name, { waiting, inFlight, dead }]] of Object.entries(queues).entries())
    print(
      `${index === 0 ? 'Queues:' : '       '} ${name} ${waiting} waiting, ${inFlight} in flight, ${dead} dead`,
    );
  print(`Alarms: ${ringing} of ${alarms.length} ring`);
  for (const what of unknown) print({ style: 'yellow', text: 'Unknown' }, what);
  if (needs.length > 0) print({ style: 'bold', text: '\nWhat needs you' });
  for (const need of needs) print({ style: 'red', text: '•' }, describeNeed(need, target));
}

function showDataset({ dataset, runs }: DatasetStatus, hours: number): void {
  const states = Object.keys(words) as RunState[];
  const counts = states.map((state) => [state, runs.filter((run) => run.state === state).length] as const);
  const counted = counts
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${words[state].text}`);
  const incomplete = runs.filter(({ raw }) => (raw?.placesMissing ?? 0) > 0).length;
  const all = [...counted, ...(incomplete > 0 ? [`${incomplete} incomplete`] : [])];
  print({ style: 'bold', text: dataset }, all.join(', ') || `no run in the last ${hours} hours`);
  for (const span of spansOf(runs)) showSpan(span);
  print();
}

function describeNeed(need: Need, target: Target): string {
  switch (need.kind) {
    case 'alarm':
      return `${need.alarm.name}: ${alarmText(need.alarm.description, target)}`;
    case 'dead-letters': {
      const isOne = need.count === 1;
      const letters =
        need.function === 'convert'
          ? `raw ${isOne ? 'object is' : 'objects are'} not converted`
          : `${isOne ? 'day of a table is' : 'days of tables are'} not compacted`;
      return `${need.count} ${letters}, and why is in: ${next('dead-letters', target)}`;
    }
    case 'run': {
      const run = minute(need.run.expected.to);
      const why = need.run.reason ? ` (${need.run.reason})` : '';
      const time = `${run.replace(' ', 'T')}Z`;
      return `${need.dataset}: the newest run that is over, ${run}, ${words[need.run.state].text}${why}. More: ${next(`explain ${time}`, target)}`;
    }
    case 'days': {
      const { dataset, from, to, days } = need;
      const command = `backfill --dataset ${dataset} --from ${from} --to ${to}`;
      return `${dataset}: ${days === 1 ? 'a day lacks' : `${days} days lack`} places (${some(need.places)}). Fetch what is missing: ${next(command, target)}`;
    }
  }
}

/** Runs in a row that went the same way. */
type Span = readonly [RunStatus, ...RunStatus[]];

function spansOf(runs: readonly RunStatus[]): Span[] {
  const spans: [RunStatus, ...RunStatus[]][] = [];
  const same = ({ state, reason, lacking, raw }: RunStatus) =>
    JSON.stringify([state, reason, lacking, raw && places(raw)]);
  for (const run of runs) {
    const last = spans.at(-1);
    if (last && same(last[0]) === same(run)) last.push(run);
    else spans.push([run]);
  }
  return spans;
}

const indent = ' '.repeat(32);

function showSpan(span: Span): void {
  const [{ expected, day, state, reason, lacking, raw }] = span;
  const last = span.at(-1) ?? span[0];
  const from = day ?? minute(expected.from);
  const to = last.day ?? minute(last.expected.to);
  const end = to === from ? '' : ` – ${to.slice(to.slice(0, 10) === from.slice(0, 10) ? 11 : 5)}`;
  const count = span.length > 1 ? `${span.length} ` : '';
  const { text, style } = words[state];
  print(
    `${from}${end}`.padEnd(indent.length - 1),
    { style, text: count + text },
    ...(raw ? [places(raw)] : []),
  );
  const why = reason ?? (raw && lacking.length > 0 ? `without ${some(lacking)}` : null);
  if (why !== null) print({ style: 'gray', text: indent + why });
}

/** "Oslo, Bergen, Tromsø and 5 more" */
function some(names: readonly string[]): string {
  const more = names.length - namedPlaces;
  return `${names.slice(0, namedPlaces).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const namedPlaces = 3;

function places({ places: came, placesMissing, ...raw }: NonNullable<RunStatus['raw']>): Printed {
  if (came === null) return '';
  const missing = placesMissing ?? 0;
  const others = raw.byHand > 0 ? `, and ${raw.byHand} more by hand` : '';
  const whose = raw.isConfigured ? others : ', by hand or as configured before';
  if (missing > 0) return { style: 'yellow', text: `${came} of ${came + missing} places${whose}` };
  return `${came} ${came === 1 ? 'place' : 'places'}${whose}`;
}

function minute(instant: Date): string {
  return instant.toISOString().slice(0, 16).replace('T', ' ');
}
