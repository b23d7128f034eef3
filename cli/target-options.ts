import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, Option } from 'commander';
import type { Target } from '../operations/deployed.ts';
import { stageForm, stagePattern } from '../shared/stage.ts';
import { quoted } from './terminal/quoted.ts';

/** The project's own, wherever a command is typed. */
const ownState = relative('.', fileURLToPath(new URL('../.local', import.meta.url)));

/** The options by which every command says which deployment it is about. */
export const targetOptions: readonly Option[] = [
  new Option('--stage <name>', 'the deployment on AWS').default('dev').argParser(parseStage),
  new Option('--local', 'the pipeline on this computer, instead of AWS'),
  stateOption('where the local one keeps its state'),
];

/** An empty text would mean the current folder, whatever lies in it. */
export function stateOption(description: string): Option {
  return new Option('--state <dir>', description).default(ownState).argParser((text) => {
    if (text.trim() === '') throw new InvalidArgumentError('Expected a folder, got an empty text.');
    return text;
  });
}

function parseStage(text: string): string {
  if (!stagePattern.test(text)) throw new InvalidArgumentError(`Expected ${stageForm}, got "${text}".`);
  return text;
}

/** What to type next about the same deployment: `next('dead-letters', target)`. */
export function next(command: string, target: Target): string {
  return `npx tdf ${command} ${targetArguments(target)}`;
}

/** What becomes of what a command did not wait for. */
export function whatWaits(target: Target): string {
  return target.local
    ? `What waits stays in the queues. To have it in the tables: ${next('reconcile', target)}`
    : `What waits is in the tables within minutes. What cannot be: ${next('dead-letters', target)}`;
}

/** What to type to run the pipeline in a state directory. */
export function nextStart(state: string): string {
  return npmScript('npm start', state);
}

/** What to type to keep it up there. */
export function nextDev(state: string): string {
  return npmScript('npm run dev', state);
}

function npmScript(script: string, state: string): string {
  return state === ownState ? script : `${script} -- --state ${quoted(state)}`;
}

/** What an alarm says to type, which was written for AWS when it was deployed, in the words for this deployment. */
export function alarmText(description: string, target: Target): string {
  if (!target.local) return description;
  return description
    .replaceAll(/npx tdf set-key --stage \S+/g, 'set WEATHERAPI_KEY')
    .replaceAll(/--stage [\w-]+/g, targetArguments(target))
    .replace('aws scheduler list-schedules', 'here npm run dev keeps it, and each npm start is one run');
}

/** The options that name a deployment. */
function targetArguments({ local, stage, state }: Target): string {
  if (!local) return `--stage ${stage}`;
  return state === ownState ? '--local' : `--local --state ${quoted(state)}`;
}
