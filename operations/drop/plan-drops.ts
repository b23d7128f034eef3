import pMap from 'p-map';
import { adviceOnLongAnswer, longestSpan, type Span } from '../../functions/rows/observed.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { PermanentError } from '../../shared/errors.ts';
import { type Day, filedKey, parseRawKey } from '../../shared/keys.ts';
import { forEachRecord } from './dated-records.ts';
import { daysByInstant } from './days-by-instant.ts';
import type { DropSource } from './drop-sources.ts';
import { fittingDatasets } from './fitting-datasets.ts';

/** How a file goes into raw. */
export interface DropPlan extends DropSource {
  readonly dataset: Dataset;
  /** The keys of its objects, by day when it is split. */
  readonly keys: readonly string[];
  /** The days that it is split by; none when it goes as it is. */
  readonly days: readonly Day[];
}

/** Files that are read at the same time. */
const concurrency = 8;

/**
 * Decides what to do with files.
 * @param among the datasets that they may belong to: each file goes to the one that its first answer fits best
 * @param day the day of all of them, whatever their records say
 * @throws {Error} when a file has to be split and a record has no day or several; and when files fit no dataset, or
 * several alike
 */
export async function planDrops(
  sources: readonly DropSource[],
  among: readonly Dataset[],
  { day, signal }: { readonly day?: Day | undefined; readonly signal: AbortSignal },
): Promise<DropPlan[]> {
  const found = await datasetsOf(sources, among, signal);
  return pMap(found, ([source, dataset]) => planDrop(source, dataset, day, signal), { concurrency, signal });
}

/** Files that an error names at most. */
const namedFiles = 10;

async function datasetsOf(
  sources: readonly DropSource[],
  among: readonly Dataset[],
  signal: AbortSignal,
): Promise<[DropSource, Dataset][]> {
  const [only, ...others] = among;
  if (only && others.length === 0) return sources.map((source) => [source, only]);
  const unclear: string[] = [];
  const found = await pMap(
    sources,
    async (source): Promise<[DropSource, Dataset][]> => {
      const { datasets, reason } = await fittingDatasets(source.file, among, signal);
      const [dataset, another] = datasets;
      if (dataset && !another) return [[source, dataset]];
      const names = datasets.map(({ name }) => name).join(' and ');
      unclear.push(
        dataset
          ? `${source.file}: its first answer fits ${names} alike.`
          : `${source.file}: no dataset accepts its first answer. ${reason ?? ''}`.trimEnd(),
      );
      return [];
    },
    { concurrency, signal },
  );
  if (unclear.length === 0) return found.flat();
  const more = unclear.length - namedFiles;
  throw new Error(
    [
      ...unclear.slice(0, namedFiles),
      ...(more > 0 ? [`… and ${more} more`] : []),
      `Nothing was put. Say what the files are: --dataset NAME, one of ${among.map(({ name }) => name).join(', ')}`,
    ].join('\n'),
  );
}

async function planDrop(
  source: DropSource,
  dataset: Dataset,
  day: Day | undefined,
  signal: AbortSignal,
): Promise<DropPlan> {
  const undated = parseRawKey(`${dataset.name}/${source.name}`);
  const plan = { ...source, dataset };
  const asItIs = { ...plan, keys: [undated.key], days: [] };
  if (undated.day !== undefined) return asItIs;
  if (day !== undefined) return { ...plan, keys: [filedKey(undated, day)], days: [] };

  const span = longestSpan(dataset);
  const dayAt = daysByInstant();
  const days = new Set<Day>();
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let records = 0;
  let withoutDay: number | undefined;
  let tooLong: { readonly record: number; readonly longest: Span } | undefined;
  try {
    await forEachRecord(
      source.file,
      dataset,
      (_, observed) => {
        records += 1;
        first = Math.min(first, observed.first);
        last = Math.max(last, observed.last);
        if (observed.first > observed.last) withoutDay ??= records;
        else days.add(dayAt(observed.first));
        if (observed.last - observed.first > span) tooLong ??= { record: records, longest: observed.longest };
      },
      signal,
    );
  } catch (error) {
    // A file that cannot be read goes as it is: convert then says what is wrong with it.
    if (error instanceof PermanentError) return asItIs;
    throw error;
  }
  if (days.size === 0) return asItIs;
  if (last - first <= span) {
    return { ...plan, keys: [filedKey(undated, dayAt(first))], days: [] };
  }
  if (tooLong !== undefined) {
    const { record, longest } = tooLong;
    throw new Error(
      longest.last - longest.first > span
        ? `${source.file}: record ${record} has observations of several days. ${adviceOnLongAnswer(dataset, longest)}`
        : `${source.file}: record ${record} is a bulk answer with observations of several days, and files are split between records only. Put each answer on a line of its own, and drop that: jq -c '(arrays[], objects) | if .bulk then .bulk[].query else . end' FILE > lines.json\nOr name the day of the whole file: --day YYYY-MM-DD`,
    );
  }
  if (withoutDay !== undefined) {
    throw new Error(
      `${source.file} has observations of ${days.size} days, and record ${withoutDay} has no usable ${dataset.dayColumn}: which day it is of cannot be known. Take it out, or put it into a file of its own and name the day: --day YYYY-MM-DD`,
    );
  }
  const sorted = [...days].sort();
  return { ...plan, keys: sorted.map((each) => filedKey(undated, each)), days: sorted };
}
