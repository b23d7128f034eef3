import { join } from 'node:path';
import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { linesIn } from '../local/log-file.ts';
import { type LoggingFunction, loggingFunctions } from '../shared/outputs.ts';

/** A line that a function printed, or that Lambda did about it. */
export interface LogLine {
  readonly function: LoggingFunction;
  readonly at: Date;
  /** As it was printed. */
  readonly text: string;
  /** What it says, when it is a JSON object. */
  readonly members: Readonly<Record<string, unknown>>;
}

/** A member of a line, and the text that it has, or begins with. */
export interface MemberIs {
  readonly member: string;
  readonly text: string;
  readonly isPrefix?: boolean;
  /** What must be so, too. */
  readonly and?: MemberIs;
}

export interface LogQuery {
  readonly functions?: readonly LoggingFunction[];
  readonly since: Date;
  /** Only lines of which one of these is so. @default all */
  readonly any?: readonly MemberIs[];
}

export interface Logs {
  /** The oldest first. */
  lines(query: LogQuery): AsyncGenerator<LogLine, void, undefined>;
}

export function cloudWatchLogs(
  client: CloudWatchLogsClient,
  groups: Readonly<Record<LoggingFunction, string>>,
): Logs {
  return logsOf(async function* (name, { since, any }) {
    const pages = paginateFilterLogEvents(
      { client },
      {
        logGroupName: groups[name],
        startTime: since.getTime(),
        ...(any ? { filterPattern: patternOf(any) } : {}),
      },
    );
    for await (const { events = [] } of pages) {
      for (const { timestamp = 0, message = '' } of events)
        yield { at: new Date(timestamp), text: message.trimEnd() };
    }
  });
}

/** The files that the local pipeline writes: one for each function, which it only adds to. */
export function logFiles(stateDir: string): Logs {
  return logsOf(async function* (name) {
    for await (const text of linesIn(join(stateDir, 'logs', `${name}-function.log`))) yield { text };
  });
}

type Source = (
  name: LoggingFunction,
  query: LogQuery,
) => AsyncGenerator<{ readonly text: string; readonly at?: Date }>;

function logsOf(source: Source): Logs {
  return {
    lines: ({ functions = loggingFunctions, ...query }) =>
      oldestFirst(functions.map((name) => linesOf(name, source(name, query), query))),
  };
}

async function* linesOf(
  name: LoggingFunction,
  source: ReturnType<Source>,
  { since, any }: LogQuery,
): AsyncGenerator<LogLine, void, undefined> {
  let time = new Date(0);
  for await (const { text, at } of source) {
    const members = membersOf(text);
    time = at ?? timeOf(members) ?? time; // What is not JSON belongs to the line before.
    if (time >= since && (any?.some((each) => isSo(each, members)) ?? true))
      yield { function: name, at: time, text, members };
  }
}

export function isSo({ member, text, isPrefix, and }: MemberIs, members: LogLine['members']): boolean {
  const value = String(members[member] ?? '');
  return (isPrefix ? value.startsWith(text) : value === text) && (!and || isSo(and, members));
}

/** A line that a function prints at this moment. */
export function lineOf(name: LoggingFunction, text: string, now: Date): LogLine {
  const members = membersOf(text);
  return { function: name, at: timeOf(members) ?? now, text, members };
}

function membersOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function timeOf({ timestamp, _aws }: Record<string, unknown>): Date | undefined {
  const time = timestamp ?? (_aws as { Timestamp?: number } | undefined)?.Timestamp;
  const date = new Date(time as string | number);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** A pattern has 1024 characters at most. Of a longer text it asks for what begins so; `linesOf` looks at the whole. */
const longestText = 300;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html: a `*` stands for any text. */
function patternOf(any: readonly MemberIs[]): string {
  return `{ ${any.map(termOf).join(' || ')} }`;
}

function termOf({ member, text, isPrefix, and }: MemberIs): string {
  const asked = text.slice(0, longestText).replaceAll(/["\\]/g, '\\$&');
  const term = `$.${member} = "${asked}${isPrefix || text.length > longestText ? '*' : ''}"`;
  return and ? `(${term} && ${termOf(and)})` : term;
}

/** Merges sources that are in order themselves. */
async function* oldestFirst(
  sources: readonly AsyncGenerator<LogLine, void, undefined>[],
): AsyncGenerator<LogLine, void, undefined> {
  try {
    const heads = await Promise.all(
      sources.map(async (source) => ({ source, head: (await source.next()).value })),
    );
    for (;;) {
      const [first] = heads
        .filter(({ head }) => head !== undefined)
        .sort((a, b) => Number(a.head?.at) - Number(b.head?.at));
      if (!first?.head) return;
      yield first.head;
      first.head = (await first.source.next()).value;
    }
  } finally {
    await Promise.all(sources.map((source) => source.return()));
  }
}
