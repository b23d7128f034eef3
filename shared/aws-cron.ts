/**
 * A `cron(minutes hours day-of-month month day-of-week year)` of EventBridge Scheduler, in UTC.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export interface AwsCron {
  /** Minutes after midnight, ascending. */
  readonly times: readonly number[];
  /** @param day any instant of the day */
  readonly isDay: (day: Date) => boolean;
}

interface Field {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly names?: readonly string[];
  /** Other accepted values, for messages. */
  readonly also?: string;
}

const minutes: Field = { name: 'minutes', first: 0, last: 59 };
const hours: Field = { name: 'hours', first: 0, last: 23 };
const dayOfMonth: Field = { name: 'day of month', first: 1, last: 31, also: '"?", "L" or "15W"' };
const month: Field = {
  name: 'month',
  first: 1,
  last: 12,
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
};
const dayOfWeek: Field = {
  name: 'day of week',
  first: 1,
  last: 7,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
  also: '"?", "L", "6L" or "2#1"',
};
const year: Field = { name: 'year', first: 1970, last: 2199 };

/**
 * @param expression the text between the brackets
 * @throws {Error} naming every field that EventBridge Scheduler would refuse
 */
export function parseAwsCron(expression: string): AwsCron {
  const texts = expression.trim().split(/\s+/);
  if (texts.length !== 6)
    throw new Error(
      `expected six fields: minutes, hours, day of month, month, day of week and year, not "${expression}"`,
    );
  const [ofMinute = '', ofHour = '', ofDay = '', ofMonth = '', ofWeekday = '', ofYear = ''] = texts;
  const problems: string[] = [];
  const read = <T>(parse: () => T, otherwise: T): T => {
    try {
      return parse();
    } catch (error) {
      problems.push((error as Error).message);
      return otherwise;
    }
  };
  const none: ReadonlySet<number> = new Set();
  const isNever = () => false;

  const minutesOfHour = read(() => valuesOf(minutes, ofMinute), none);
  const hoursOfDay = read(() => valuesOf(hours, ofHour), none);
  const isDayOfMonth = read(() => daysOfMonth(ofDay), isNever);
  const months = read(() => valuesOf(month, ofMonth), none);
  const isDayOfWeek = read(() => daysOfWeek(ofWeekday), isNever);
  const years = read(() => valuesOf(year, ofYear), none);
  if ((ofDay === '?') === (ofWeekday === '?'))
    problems.push(
      `expected exactly one "?", as day of month or as day of week, not "${ofDay}" and "${ofWeekday}"`,
    );
  if (problems.length > 0) throw new Error(problems.join('; '));

  return {
    times: [...hoursOfDay]
      .flatMap((hour) => [...minutesOfHour].map((minute) => hour * 60 + minute))
      .sort((a, b) => a - b),
    isDay: (day) =>
      years.has(day.getUTCFullYear()) &&
      months.has(day.getUTCMonth() + 1) &&
      isDayOfMonth(day) &&
      isDayOfWeek(day),
  };
}

/** The instants between two others, both included, oldest first. */
export function* cronInstants(cron: AwsCron, from: Date, to: Date): Generator<Date> {
  for (const midnight of cronDays(cron, from, to)) {
    for (const minute of cron.times) {
      const instant = new Date(midnight + minute * 60_000);
      if (instant >= from && instant <= to) yield instant;
    }
  }
}

/** The midnights of the days between two instants, in epoch milliseconds. */
export function* cronDays({ isDay }: AwsCron, from: Date, to: Date): Generator<number> {
  const day = new Date(from);
  for (day.setUTCHours(0, 0, 0, 0); day <= to; day.setUTCDate(day.getUTCDate() + 1)) {
    if (isDay(day)) yield day.getTime();
  }
}

/** Reads a list of values, ranges and steps: `5`, `1-5`, `*`, `10/5`, `MON-FRI`. */
function valuesOf(field: Field, text: string): ReadonlySet<number> {
  const { name, first, last, names, also } = field;
  const inNames = names ? ` or ${names[0]}-${names.at(-1)}` : '';
  const refused = new Error(
    `${name}: expected ${first}-${last}${inNames}, a list, range or step of these${also ? `, ${also}` : ''}, not "${text}"`,
  );
  const values = text.split(',').flatMap((part) => {
    const [, all, from, to, step] = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    const start = all ? first : oneValue(field, from);
    const end = all || (step && !to) ? last : oneValue(field, to ?? from);
    const every = Number(step ?? 1);
    if (start === undefined || end === undefined || start > end || every < 1 || every > last) throw refused;
    return Array.from({ length: Math.floor((end - start) / every) + 1 }, (_, index) => start + index * every);
  });
  return new Set(values);
}

function oneValue({ first, last, names = [] }: Field, text = ''): number | undefined {
  const named = names.indexOf(text.toUpperCase());
  const value = named >= 0 ? first + named : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= first && value <= last ? value : undefined;
}

function daysOfMonth(text: string): (day: Date) => boolean {
  if (text === '?') return () => true;
  if (text === 'L') return (day) => day.getUTCDate() === lastDate(day);
  const [, target] = /^(\d+)W$/.exec(text) ?? [];
  const near = oneValue(dayOfMonth, target);
  if (near !== undefined) return (day) => day.getUTCDate() === nearestWeekday(near, day);
  const dates = valuesOf(dayOfMonth, text);
  return (day) => dates.has(day.getUTCDate());
}

function daysOfWeek(text: string): (day: Date) => boolean {
  if (text === '?') return () => true;
  const weekday = (day: Date) => day.getUTCDay() + 1;
  if (text === 'L') return (day) => weekday(day) === 7;
  const [, target, last, nth] = /^(\w+?)(?:(L)|#([1-5]))$/.exec(text) ?? [];
  const wanted = oneValue(dayOfWeek, target);
  if (wanted !== undefined) {
    return (day) =>
      weekday(day) === wanted &&
      (last ? day.getUTCDate() + 7 > lastDate(day) : Math.ceil(day.getUTCDate() / 7) === Number(nth));
  }
  const days = valuesOf(dayOfWeek, text);
  return (day) => days.has(weekday(day));
}

function lastDate(day: Date): number {
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
}

/** The date of the weekday nearest to `date` in the month of `day`; undefined when the month is too short. */
function nearestWeekday(date: number, day: Date): number | undefined {
  const last = lastDate(day);
  if (date > last) return undefined;
  const weekday = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), date)).getUTCDay();
  if (weekday === 6) return date > 1 ? date - 1 : date + 2;
  if (weekday === 0) return date < last ? date + 1 : date - 2;
  return date;
}
