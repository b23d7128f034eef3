import { datasetNamed } from '../../shared/datasets.ts';
import { nextRun } from '../../shared/expected-runs.ts';
import { schedulesIn } from '../../shared/outputs.ts';
import { sendMessages } from '../../shared/send-messages.ts';
import { counted } from '../counted.ts';
import { deadLettersOf } from '../dead-letters/dead-letters-of.ts';
import { type Dropped, dropLetters } from '../dead-letters/drop-letters.ts';
import { takeBack } from '../dead-letters/given-up.ts';
import { redrive } from '../dead-letters/redrive.ts';
import { parseSelection, selectedObjects } from '../replay/raw-selection.ts';
import { replay } from '../replay/replay.ts';
import type { Entry } from './activities.ts';
import { fill, mostDays } from './fill.ts';
import { following } from './following.ts';
import { liveReconcile } from './live-reconcile.ts';
import { liveRun } from './live-run.ts';
import type { LiveStack } from './live-stack.ts';
import { runTitle, shortName } from './titles.ts';

/** What somebody asks of the stack. */
export type Action =
  | { readonly kind: 'run'; readonly dataset: string; readonly at: string }
  | { readonly kind: 'backfill'; readonly dataset: string; readonly from: string; readonly to: string }
  | { readonly kind: 'redrive'; readonly ids: readonly string[] }
  | { readonly kind: 'give-up'; readonly ids: readonly string[] }
  | { readonly kind: 'take-back'; readonly keys: readonly string[] }
  | { readonly kind: 'replay'; readonly dataset: string; readonly from: string; readonly to: string }
  | { readonly kind: 'reconcile' };

/** Messages per second of a replay. */
const replayRate = 500;
const hour = 3_600_000;
const day = 24 * hour;

/** Begins what was asked for; its entry tells the rest. */
export function act(live: LiveStack, action: Action): Entry {
  const entry = live.activities.begin(titleOf(action, live.now()));
  perform(live, action, entry).catch((error: unknown) => {
    if (!live.signal.aborted)
      entry.step({ text: error instanceof Error ? error.message : String(error), state: 'bad' });
  });
  return entry;
}

function titleOf(action: Action, now: Date): string {
  switch (action.kind) {
    case 'run':
      return runTitle(action.dataset, new Date(action.at), now);
    case 'backfill':
      return `${shortName(action.dataset)}, what is missing from ${action.from} to ${action.to}`;
    case 'replay':
      return `${shortName(action.dataset)}, replay of ${action.from} to ${action.to}`;
    case 'redrive':
      return `redrive of ${counted(action.ids.length, 'dead letter')}`;
    case 'give-up':
      return `giving up ${counted(action.ids.length, 'dead letter')}`;
    case 'take-back':
      return `taking back ${counted(action.keys.length, 'object')}`;
    case 'reconcile':
      return 'reconcile';
  }
}

async function perform(live: LiveStack, action: Action, entry: Entry): Promise<void> {
  switch (action.kind) {
    case 'run':
      return runAt(live, action, entry);
    case 'backfill': {
      const dataset = datasetNamed(action.dataset);
      if (!dataset) throw new Error(`There is no dataset ${action.dataset}.`);
      const end = Date.parse(action.to) + day - 1;
      const days = Math.ceil((end - Date.parse(action.from)) / day);
      if (days > mostDays)
        throw new Error(`These are ${days} days. Ask for ${mostDays} at most, and then for the next ones.`);
      const span = { from: new Date(action.from), to: new Date(Math.min(end, live.now().getTime())) };
      if (dataset.identity === 'time') requireStandIn(live, span.from);
      return fill(dataset, span, entry, live);
    }
    case 'redrive':
      return redriveLetters(live, action.ids, entry);
    case 'give-up': {
      const raw = rawOf(live);
      const { signal } = live;
      const done = await dropLetters(
        deadLettersOf(live.deployed),
        raw,
        { ids: action.ids },
        { agreed: async () => true, signal },
      );
      const [failure] = done?.failed ?? [];
      if (failure) throw new Error(failure.reason);
      return entry.step({ text: describeGivenUp(done?.dropped ?? []), state: 'good' });
    }
    case 'take-back':
      return following(live.follow(entry, action.keys), async () => {
        for (const key of action.keys) await takeBack(rawOf(live), key);
      });
    case 'replay':
      return replayDays(live, action, entry);
    case 'reconcile':
      return liveReconcile(live.runtime, live.now(), entry);
  }
}

async function runAt(
  live: LiveStack,
  { dataset, at }: Action & { kind: 'run' },
  entry: Entry,
): Promise<void> {
  const schedule = schedulesIn(live.deployed.outputs).get(dataset);
  if (!schedule) throw new Error(`cdk.json does not configure ${dataset}.`);
  const time = new Date(at);
  if (time > live.now()) throw new Error(`${at} is still to come. Ask for a run of the past.`);
  if (!isRunOf(schedule.expression, time))
    throw new Error(`${shortName(dataset)} does not run at ${at}: its schedule is ${schedule.expression}.`);
  if (datasetNamed(dataset)?.identity === 'time') requireStandIn(live, time);
  await liveRun(schedule.name, time, entry, live);
}

/** A rate counts from a time that nobody knows. */
function isRunOf(expression: string, at: Date): boolean {
  return (
    expression.startsWith('rate(') ||
    nextRun(expression, new Date(at.getTime() - 1))?.getTime() === at.getTime()
  );
}

/** Only the stand-in makes weather up for any time. */
function requireStandIn({ isStandIn, now }: LiveStack, at: Date): void {
  if (!isStandIn && Math.floor(at.getTime() / hour) !== Math.floor(now().getTime() / hour))
    throw new Error(
      'WeatherAPI.com knows the current weather for now only, so a past hour cannot be fetched. Start again without WEATHERAPI_KEY to have it made up.',
    );
}

async function redriveLetters(live: LiveStack, ids: readonly string[], entry: Entry): Promise<void> {
  const { deployed, travels, signal } = live;
  const { QueueUrl: convert, CompactQueueUrl: compact } = deployed.outputs;
  const letters = deadLettersOf(deployed);
  const all = await letters.list({ signal });
  // Redrive takes the beginning of an id as well, as somebody types it.
  const unknown = ids.filter((each) => !all.some(({ id }) => id === each));
  if (unknown.length > 0) throw new Error(`There is no dead letter with the id ${unknown.join(', ')}.`);
  const chosen = all.filter(({ id }) => ids.includes(id));
  const keysOf = (by: 'convert' | 'compact') =>
    chosen.flatMap(({ function: from, key }) => (from === by && key !== null ? key.split(', ') : []));
  const to = { sqs: deployed.sqs, queueUrls: { convert, compact } };
  await following(travels.follow(entry, keysOf('convert'), keysOf('compact')), async () => {
    const { failed } = await redrive(letters, to, { ids }, { signal });
    const [failure] = failed;
    if (failure) throw new Error(failure.reason);
  });
}

async function replayDays(
  live: LiveStack,
  { dataset, from, to }: Action & { kind: 'replay' },
  entry: Entry,
): Promise<void> {
  const { s3, sqs, outputs } = live.deployed;
  const selection = parseSelection({ dataset, from, to });
  if ('problems' in selection) throw new Error(selection.problems.join('; '));
  const found = await Array.fromAsync(selectedObjects(s3, outputs.RawBucketName, selection));
  if (found.length === 0) throw new Error('There is nothing of these days in raw.');
  const keys = found.map(({ key }) => key);
  await following(live.follow(entry, keys), () =>
    replay({
      bucket: outputs.RawBucketName,
      objects: async function* () {
        yield* found;
      },
      // Whoever stops it asks for all of it again.
      checkpoint: { read: () => undefined, save: () => {}, remove: () => {} },
      signal: live.signal,
      enqueue: (events) => sendMessages(sqs, outputs.QueueUrl, events),
      rate: replayRate,
    }),
  );
}

function describeGivenUp(dropped: readonly Dropped[]): string {
  const objects = dropped.flatMap((each) => each.objects);
  const replaced = objects.filter(({ outcome }) => outcome === 'replaced').length;
  return [
    `Gave up ${counted(dropped.length, 'dead letter')}.`,
    objects.length > replaced ? 'What it is about can be taken back.' : '',
    replaced > 0 ? `${counted(replaced, 'object')} stayed: replaced since.` : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function rawOf({ deployed: { s3, outputs } }: LiveStack) {
  return { s3, bucket: outputs.RawBucketName };
}
