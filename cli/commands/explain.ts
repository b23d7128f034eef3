import { Command } from 'commander';
import type { Target } from '../../operations/deployed.ts';
import { explain } from '../../operations/explain/explain.ts';
import { parseRunOrKey } from '../../operations/explain/run-or-key.ts';
import type { ObjectState, Story } from '../../operations/explain/story.ts';
import { observing } from '../../operations/observed.ts';
import { next, targetOptions } from '../target-options.ts';
import { print, printJson, type Styled } from '../terminal/output.ts';
import { quoted } from '../terminal/quoted.ts';

interface Options extends Target {
  readonly json?: true;
}

export function explainCommand(): Command {
  const command = new Command('explain')
    .description('Tells the story of one run or raw object, from the first request to its rows.')
    .argument('<run-or-key>', 'the time of a run, or the key of a raw object')
    .option('--json', 'print nothing but the result, as JSON')
    .addHelpText(
      'after',
      `
A key may begin with s3://BUCKET/, or be the path of its file in the local
state. The exit code is 1 when there is no such run or object.

Examples:
  npx tdf explain 2026-11-22T05:00Z
  npx tdf explain weatherapi/current/dt=2026-11-22/20261122T050000Z.json
  npx tdf explain weatherapi/current/response.json --local
  npx tdf explain 2026-11-22T05:00Z --stage prod --json | jq '.[].state'`,
    );
  for (const option of targetOptions) command.addOption(option);
  return command.action(async (about: string, options: Options) => {
    const what = parseRunOrKey(about);
    const stories = await observing(options, (observed) => explain(observed, what, new Date()));
    if (options.json) printJson(stories);
    else for (const story of stories) show(story, options);
    if (stories.every(({ state }) => state === 'gone')) process.exitCode = 1;
  });
}

const nothingLanded = "Nothing landed. An hour's weather cannot be fetched later.";

const states: Readonly<Record<ObjectState, Styled & { readonly next?: string }>> = {
  compacted: { style: 'green', text: 'It is converted, and its rows are in the tables.' },
  converted: {
    style: 'yellow',
    text: 'It is converted, but its rows are not in the tables yet: a message waits for compact.',
  },
  'day-dead': {
    style: 'red',
    text: 'It is converted, but compact gave up its day. Once that is fixed, send the day again:',
    next: 'dead-letters redrive --key',
  },
  'day-lost': {
    style: 'red',
    text: 'It is converted, but the table has its day as it was before, or not at all, and no message waits. Have it compacted:',
    next: 'reconcile --grace 0',
  },
  waiting: { style: 'yellow', text: 'It is not converted yet: a message waits in the queue.' },
  lost: {
    style: 'red',
    text: 'It is not converted, and no message waits: its event was lost. Have it converted:',
    next: 'reconcile --grace 0',
  },
  dead: {
    style: 'red',
    text: 'It was dead-lettered. Once it is fixed, send it again:',
    next: 'dead-letters redrive --key',
  },
  'given-up': {
    style: 'yellow',
    text: 'Somebody gave it up, and the pipeline ignores it. To take it back:',
    next: 'dead-letters take-back',
  },
  gone: { style: 'red', text: 'There is no such raw object.' },
  filed: { style: 'green', text: 'It was filed under its day, where its story goes on:' },
  upcoming: { style: 'gray', text: 'The run is not due yet.' },
  due: { style: 'yellow', text: 'The run is not over yet: with its retries it may take 15 minutes.' },
  skipped: { style: 'yellow', text: `The run was skipped. ${nothingLanded}` },
  failed: { style: 'red', text: `The run failed, or ended before its time. ${nothingLanded}` },
  missing: { style: 'red', text: `The run never started. ${nothingLanded}` },
  'not-deployed': { style: 'gray', text: `The run was before the first deploy. ${nothingLanded}` },
};

function show(story: Story, target: Target): void {
  const { key, state, events, fault, curatedKeys, compactedKeys, failedPlaces, deadLetter } = story;
  print({ style: 'bold', text: key });
  for (const { at, where, what, isTrouble } of events) {
    const time = at.toISOString().slice(0, 19).replace('T', ' ');
    const said = what.replaceAll(/\s+/g, ' ');
    print(`  ${time}  ${where.padEnd(12)}`, isTrouble ? { style: 'yellow', text: said } : said);
  }
  if (fault) print(`  Line ${fault.line}:`, { style: 'yellow', text: fault.text.replaceAll(/\s+/g, ' ') });
  for (const curatedKey of curatedKeys) print(`  Rows:   ${curatedKey}`);
  for (const compactedKey of compactedKeys) print(`  Table:  ${compactedKey}`);
  const { next: command, ...verdict } = states[state];
  print(verdict);
  const about = command?.startsWith('dead-letters') ? ` ${quoted(deadLetter?.key ?? key)}` : '';
  if (command !== undefined) print(`  ${next(command + about, target)}`);
  if (failedPlaces.length > 0)
    print({
      style: 'yellow',
      text: `Fix in cdk.json under locations, and deploy, or each run goes without: ${failedPlaces.join(', ')}`,
    });
}
