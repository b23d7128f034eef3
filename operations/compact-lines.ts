import { dayPrefix, type TableDay, tableDayOf } from '../shared/keys.ts';
import type { LogLine, MemberIs } from './logs.ts';

/** What compact logs about a day of a table. */
export function compactedDay({ table, day }: Pick<TableDay, 'table' | 'day'>): MemberIs {
  return { member: 'table', text: table.name, and: { member: 'day', text: day } };
}

/** Milliseconds by which convert may say that it wrote an object after compact has taken it. */
const lag = 2_000;

/**
 * Leaves out what compact logged about a day because of other objects: of its lines, those that follow when convert has
 * written, up to the one that says that the day is made.
 */
export async function* withoutOthersDays(
  lines: AsyncIterable<LogLine> | Iterable<LogLine>,
): AsyncGenerator<LogLine, void, undefined> {
  /** By the prefixes of days: compact's lines of late, while nothing waits for it. */
  const early = new Map<string, LogLine[]>();
  const waiting = new Set<string>();
  for await (const line of lines) {
    const { table, day, message } = line.members;
    if (line.function === 'compact') {
      const prefix = dayPrefix({ table: { name: String(table) }, day: String(day) } as TableDay);
      if (!waiting.has(prefix)) {
        early.set(prefix, [...(early.get(prefix) ?? []).filter((each) => isLate(each, line)), line]);
        continue;
      }
      if (isMade(message)) waiting.delete(prefix);
    }
    for (const prefix of writtenDays(line)) {
      const taken = (early.get(prefix) ?? []).filter((each) => isLate(each, line));
      early.delete(prefix);
      yield* taken;
      if (!taken.some(({ members }) => isMade(members.message))) waiting.add(prefix);
    }
    yield line;
  }
}

function isLate({ at }: LogLine, now: LogLine): boolean {
  return at.getTime() >= now.at.getTime() - lag;
}

function isMade(message: unknown): boolean {
  return /^(Compacted|Current already|Removed)/.test(String(message));
}

/** The prefixes of the days in which convert says that it has written. */
function writtenDays({ function: name, members: { tables } }: LogLine): string[] {
  if (name !== 'convert' || !Array.isArray(tables)) return [];
  return tables.map(({ key }: { key: string }) => dayPrefix(tableDayOf(key)));
}
