import type { Backfilled } from '../../../operations/backfill/backfill.ts';
import type { BackfillArguments, BackfillRequest } from '../../../operations/backfill/request.ts';
import type { Target } from '../../../operations/deployed.ts';
import { next, whatWaits } from '../../target-options.ts';
import { failed, print, printError } from '../../terminal/output.ts';
import { quoted } from '../../terminal/quoted.ts';
import { type Converted, describeConverted } from '../../terminal/settle.ts';

export interface Arguments extends Target, BackfillArguments {
  readonly location: readonly string[];
  readonly maxCalls?: string;
  readonly rate?: string;
  readonly dryRun?: true;
  readonly wait: boolean;
  readonly json?: true;
}

/** What was done; also the form of `--json`. */
export interface Result extends Omit<Backfilled, 'keys'>, Pick<BackfillRequest, 'from' | 'to' | 'leftOut'> {
  readonly calls: number;
  readonly there: number;
  readonly seconds: number;
  /** Undefined when the command did not wait. */
  readonly outcome: Converted | undefined;
  /** Messages in the queues on this computer, when the command did not wait for them. */
  readonly waiting: number | undefined;
}

export function showBackfill(
  { asked, landed, left, failed: places, skipped, stopped, seconds, outcome, waiting }: Result,
  typed: Arguments,
) {
  print(
    `${asked.toLocaleString('en')} asked for, ${landed.toLocaleString('en')} landed, ${left.toLocaleString('en')} left, ${seconds.toFixed(1)} s`,
  );
  for (const line of outcome ? describeConverted(outcome) : []) print(line);
  if (waiting || (landed > 0 && !outcome && !typed.local)) print(whatWaits(typed));
  for (const { location, reason, day } of places)
    printError(failed, `${location}: ${reason} (first on ${day}). It was not asked for again.`);
  if (skipped.count > 0) print(`No data for ${skipped.count.toLocaleString('en')} of them this time:`);
  for (const { location, day, reason } of skipped.first) print(`  ${location}, ${day}: ${reason}`);
  if (skipped.count > skipped.first.length)
    print(`  … and ${(skipped.count - skipped.first.length).toLocaleString('en')} more`);
  if (stopped) {
    const { why, day, reason } = stopped;
    if (why === 'failed') printError(failed, `fetch failed on ${day}: ${reason}`);
    else print({ style: 'yellow', text: 'Stopped' }, `at ${day}: ${stops[why]}`);
  }
  if (stopped || skipped.count > 0) print(`To go on: ${again(typed)}`);
}

const stops = {
  interrupted: 'interrupted. What has landed stays.',
  'max-calls': 'as many calls as --max-calls allows are made.',
  'quota-spent': 'the calls of this month are spent. Go on when the plan has calls again.',
  outage: 'WeatherAPI did not answer for any place in two runs. Go on when it answers again.',
} as const;

/** The same command, as it was typed. */
function again({
  dataset,
  from = '',
  to = '',
  location,
  maxCalls,
  rate,
  wait,
  ...target
}: Arguments): string {
  const words = [
    `backfill --dataset ${dataset} --from ${from} --to ${to}`,
    ...location.map((place) => `--location ${quoted(place)}`),
    ...(maxCalls === undefined ? [] : [`--max-calls ${maxCalls}`]),
    ...(rate === undefined ? [] : [`--rate ${rate}`]),
    ...(wait ? [] : ['--no-wait']),
  ];
  return next(words.join(' '), target);
}
