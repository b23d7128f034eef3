import { Command, InvalidArgumentError, Option } from 'commander';
import { withoutOthersDays } from '../../operations/compact-lines.ts';
import type { Target } from '../../operations/deployed.ts';
import { linesAbout, parseRunOrKey } from '../../operations/explain/run-or-key.ts';
import type { LogLine } from '../../operations/logs.ts';
import { observing } from '../../operations/observed.ts';
import { type LoggingFunction, loggingFunctions } from '../../shared/outputs.ts';
import { targetOptions } from '../target-options.ts';
import { type Printed, print, printLine, type Styled } from '../terminal/output.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof levels)[number];

interface Options extends Target {
  readonly function?: LoggingFunction;
  readonly level: Level;
  readonly since?: Date;
  readonly json?: true;
}

export function logsCommand(): Command {
  const command = new Command('logs')
    .description('Shows what the functions logged: in the last hour, or about one run or raw object.')
    .argument('[run]', 'the time of a run, or the key of a raw object')
    .addOption(new Option('--function <name>', 'only of this function').choices(loggingFunctions))
    .addOption(new Option('--level <level>', 'only this level and above').choices(levels).default('debug'))
    .option('--since <time>', 'since 30m, 2h or 3d ago, or since a time (default: 1h)', parseSince)
    .option('--json', 'print the lines as they are, metrics included')
    .addHelpText(
      'after',
      `
Examples:
  npx tdf logs
  npx tdf logs 2026-11-22T05:00Z
  npx tdf logs weatherapi/current/dt=2026-11-22/20261122T050000Z.json --local
  npx tdf logs --function convert --since 2h --level warn --stage prod
  npx tdf logs --json --since 1d | jq 'select(.level == "ERROR")'

Times are UTC. About a run or an object, lines are shown from its time on; of
compact, those about its day until its rows are in the table.`,
    );
  for (const option of targetOptions) command.addOption(option);
  return command.action(logs);
}

async function logs(about: string | undefined, options: Options): Promise<void> {
  const now = new Date();
  const anHourAgo = new Date(now.getTime() - units.h);
  const asked = about === undefined ? { since: anHourAgo } : linesAbout(parseRunOrKey(about), now);
  const { function: only } = options;
  const query = {
    ...asked,
    ...(options.since ? { since: options.since } : {}),
    // By convert's lines it is known which of compact's are about the object.
    ...(only
      ? { functions: about !== undefined && only === 'compact' ? (['convert', only] as const) : [only] }
      : {}),
  };
  let shown = 0;
  await observing(options, async (observed) => {
    const lines = observed.logs.lines(query);
    for await (const line of about === undefined ? lines : withoutOthersDays(lines)) {
      if (only && line.function !== only) continue;
      if (options.json) printLine(line.text);
      else if (isWorthALine(line, options.level)) print(...formatted(line));
      else continue;
      shown += 1;
    }
  });
  const since = `${query.since.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  if (shown > 0 || options.json) return;
  // About a run, that was from its time on.
  const further =
    about !== undefined && !options.since
      ? undefined
      : ['1d', '14d'].find((text) => parseSince(text).getTime() < query.since.getTime() - units.m);
  print(`No lines since ${since}.${further ? ` Look further back with --since ${further}.` : ''}`);
}

/** Not metrics, nor Lambda's own word about an invocation that went well. */
function isWorthALine({ members }: LogLine, level: Level): boolean {
  if ('_aws' in members) return false;
  const { type, record } = members as { type?: string; record?: { status?: string } };
  if (type?.startsWith('platform.')) return type === 'platform.report' && record?.status !== 'success';
  return levels.indexOf(levelOf(members)) >= levels.indexOf(level);
}

/** What is not JSON was printed by a crash. */
function levelOf({ level }: LogLine['members']): Level {
  return levels.find((known) => known.toUpperCase() === level) ?? 'error';
}

const styles = { debug: 'gray', info: 'gray', warn: 'yellow', error: 'red' } as const satisfies Record<
  Level,
  Styled['style']
>;

/** What is on every line, and says nothing about this one. */
const omitted = /^(level|message|timestamp|service|sampling_rate|xray_trace_id|function_.*|cold_start)$/;

function formatted(line: LogLine): Printed[] {
  const { at, members } = line;
  const time = at.toISOString().slice(0, 19).replace('T', ' ');
  const level = levelOf(members);
  const details = Object.entries(members)
    .filter(([name]) => !omitted.test(name))
    .map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(withoutStack(value))}`,
    );
  const said = 'message' in members ? [String(members.message), ...details].join(' ') : line.text;
  return [
    { style: 'gray', text: time },
    line.function.padEnd(9),
    { style: styles[level], text: level.padEnd(5) },
    said.replaceAll(/\s+/g, ' '),
  ];
}

function withoutStack(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('stack' in value)) return value;
  const { stack: _, location: __, ...rest } = value as Record<string, unknown>;
  return rest;
}

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function parseSince(text: string): Date {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const date = unit
    ? new Date(Date.now() - Number(count) * units[unit as keyof typeof units])
    : new Date(/T/.test(text) && !/(Z|[+-]\d\d:?\d\d)$/.test(text) ? `${text}Z` : text);
  if (Number.isNaN(date.getTime()) || (!unit && !/^\d{4}-\d\d-\d\d/.test(text)))
    throw new InvalidArgumentError(
      `Expected 30m, 2h, 3d or a time such as 2026-11-22T05:00Z, got "${text}".`,
    );
  return date;
}
