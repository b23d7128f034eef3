import { CronExpressionParser } from 'cron-parser';

/**
 * The instants of an EventBridge Scheduler `cron(minutes hours day-of-month month day-of-week year)`, both ends
 * included, in UTC. https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 * @param fields what stands between the brackets
 * @throws {Error} quoting the expression, when it is none or has what cannot be computed here (`W`)
 */
export function cronInstants(fields: string, from: Date, to: Date): Date[] {
  const [minutes, hours, dayOfMonth = '', month, dayOfWeek = '', year, ...rest] = fields.trim().split(/\s+/);
  try {
    if (year === undefined || rest.length > 0) throw new Error('expected six fields');
    const isYear = yearPattern(year);
    const days = [dayOfMonth.replace('?', '*'), month, ourDaysOfWeek(dayOfWeek)].join(' ');
    const cron = CronExpressionParser.parse(`0 ${minutes} ${hours} ${days}`, {
      currentDate: new Date(from.getTime() - 1), // Exclusive there.
      endDate: to,
      tz: 'UTC',
    });
    const instants: Date[] = [];
    while (cron.hasNext()) {
      const instant = cron.next().toDate();
      if (isYear(instant.getUTCFullYear())) instants.push(instant);
    }
    return instants;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The schedule cron(${fields}) cannot be read: ${why}`, { cause });
  }
}

/** AWS counts Sunday to Saturday from 1 to 7, cron from 0 to 6. What follows a `/` or a `#` is a count, no day. */
function ourDaysOfWeek(field: string): string {
  return field
    .split(',')
    .map((part) => {
      if (part === '?') return '*';
      if (part === 'L') return '6';
      const ours = part.replaceAll(/(?<![/#\d])\d/g, (day) => String(Number(day) - 1));
      // "from 2 on, every second one" ends with the week; cron's own would run into its second Sunday, 7.
      return ours.replace(/^(\d)\//, '$1-6/');
    })
    .join(',');
}

/** Cron knows no years: lists, ranges and steps of them, as in the other fields. */
function yearPattern(field: string): (year: number) => boolean {
  const parts = field.split(',').map((part) => {
    const [, any, first, last, step] = /^(?:(\*)|(\d{4})(?:-(\d{4}))?)(?:\/(\d+))?$/.exec(part) ?? [];
    if (any === undefined && first === undefined) throw new Error(`year "${part}"`);
    const from = Number(first ?? 1970);
    const to = Number(last ?? (any || step ? 2199 : first));
    return (year: number) => year >= from && year <= to && (year - from) % Number(step ?? 1) === 0;
  });
  return (year) => parts.some((matches) => matches(year));
}
