import * as v from 'valibot';
import type { Dataset } from '../../shared/dataset.ts';
import { datasetNamed, datasetNames } from '../../shared/datasets.ts';
import { lastDayOver } from '../../shared/days.ts';
import { ConfigurationError } from '../../shared/errors.ts';
import { type Day, dayOf, isDay } from '../../shared/keys.ts';

/**
 * What the schedule sends. The places are in the event, because the environment's 4 KB would end at some hundred of them;
 * so the deployed function also serves a run by hand.
 */
const members = v.strictObject({
  scheduledTime: v.pipe(
    v.string(),
    v.isoTimestamp('expected an ISO 8601 time such as 2026-11-22T05:00:00Z'),
    // Date would turn the 31st of February into the 3rd of March, which is another run.
    v.check((text) => isDay(text.slice(0, 10)), 'expected a day that exists'),
    v.transform((text) => new Date(text)),
  ),
  dataset: v.pipe(
    v.string(),
    v.transform(datasetNamed),
    v.custom<Dataset>((dataset) => dataset !== undefined, `expected one of ${datasetNames.join(', ')}`),
  ),
  /** Values of the provider's `q`: "lat,lon", a city, a postcode, "iata:…", "metar:…", "id:…". */
  locations: v.pipe(
    v.array(v.pipe(v.string(), v.nonEmpty('expected a place, got an empty text'))),
    v.minLength(1, 'expected at least one'),
  ),
  /** By the names of the API's parameters; only those that the dataset declares. */
  options: v.optional(v.record(v.string(), v.string()), {}),
  /**
   * The local day to ask for, if each place's day is an object of its own: one that is over in every time zone, since the
   * answer lands for good. The default is the latest such day at the scheduled time.
   */
  day: v.optional(v.pipe(v.string(), v.check(isDay, 'expected a day that exists, such as 2026-11-22'))),
});

type Members = v.InferOutput<typeof members>;

const schema = v.pipe(
  members,
  v.forward(
    v.partialCheck(
      [['dataset'], ['options']],
      ({ dataset, options }) => Object.keys(options).every((name) => parametersOf(dataset).includes(name)),
      ({ input: { dataset } }) => `expected none but ${parametersOf(dataset).join(', ')}`,
    ),
    ['options'],
  ),
  v.forward(
    v.partialCheck(
      [['dataset'], ['scheduledTime']],
      ({ dataset, scheduledTime }) => isByDay(dataset) || dayOf(scheduledTime) >= dataset.firstDay,
      ({ input: { dataset } }) => `expected ${dataset.firstDay} or later: convert refuses earlier days`,
    ),
    ['scheduledTime'],
  ),
  v.forward(
    v.partialCheck(
      [['dataset'], ['day']],
      ({ dataset, day }) => day === undefined || isByDay(dataset),
      ({ input: { dataset } }) => `expected none: a run of ${dataset.name} is identified by its time`,
    ),
    ['day'],
  ),
  v.forward(
    v.partialCheck(
      [['dataset'], ['scheduledTime'], ['day']],
      (event) => {
        const day = event.day ?? ownDay(event);
        return day === undefined || (day >= event.dataset.firstDay && day <= lastDayOver(new Date()));
      },
      ({ input: { dataset } }) =>
        `expected ${dataset.firstDay} to ${lastDayOver(new Date())}, the latest day that is over in every time zone`,
    ),
    ['day'],
  ),
  v.transform((event): Members => ({ ...event, day: event.day ?? ownDay(event) })),
);

/** Its `day` is the local day to ask for; undefined if its time identifies a run. */
export type RunEvent = v.InferOutput<typeof schema>;
export type RunEventInput = v.InferInput<typeof schema>;

export function parseRunEvent(event: unknown): RunEvent {
  const parsed = v.safeParse(schema, event);
  if (parsed.success) return parsed.output;
  const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'event'}: ${issue.message}`);
  throw new ConfigurationError(`The event is not a run: ${problems.join('; ')}`);
}

function isByDay({ identity }: Dataset): boolean {
  return identity === 'place-and-day';
}

/** The day that a run asks for unless its event names another. */
export function ownDay({
  dataset,
  scheduledTime,
}: Pick<Members, 'dataset' | 'scheduledTime'>): Day | undefined {
  return isByDay(dataset) ? lastDayOver(scheduledTime) : undefined;
}

function parametersOf({ options }: Dataset): string[] {
  return Object.values(options).map(({ parameter }) => parameter);
}
