import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { endpoints } from '../local/weatherapi/endpoints.ts';
import { fraction, type Place, resolvePlace } from '../local/weatherapi/places.ts';
import { currentWeather } from '../local/weatherapi/weather.ts';
import type { Dataset, Table } from '../shared/dataset.ts';
import { weatherapiCurrent } from '../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../shared/datasets/weatherapi-forecast.ts';

/** One kind of input: the n-th line of its file, always the same. */
interface Kind {
  readonly dataset: Dataset;
  readonly line: (record: number) => string;
  /** Numbers of records: in memory, and from file to file. */
  readonly records: readonly number[];
  readonly streams: readonly number[];
  /** Those of them that `--quick` measures. */
  readonly quick: readonly number[];
}

/** Add an input here, and it is measured. */
// biome-ignore format: one input per line, as in a table
const kinds = {
  current: { dataset: weatherapiCurrent, line: currentLine, records: [1, 100, 10_000, 100_000, 1_000_000], streams: [100_000, 250_000, 2_000_000], quick: [1, 10_000, 100_000] },
  'current-drift-1': { dataset: weatherapiCurrent, line: (record) => driftLine(record, 1), records: [10_000, 100_000], streams: [], quick: [10_000] },
  'current-drift-4': { dataset: weatherapiCurrent, line: (record) => driftLine(record, 4), records: [10_000, 100_000], streams: [], quick: [10_000] },
  forecast: { dataset: weatherapiForecast, line: forecastLine, records: [1, 100, 1000], streams: [1000, 2500], quick: [1, 1000] },
  'forecast-drift': { dataset: weatherapiForecast, line: forecastDriftLine, records: [100, 1000], streams: [], quick: [100] },
} as const satisfies Readonly<Record<string, Kind>>;

export type InputName = keyof typeof kinds;

export const inputNames = Object.keys(kinds) as InputName[];

export interface Input {
  readonly name: InputName;
  readonly records: number;
  readonly path: string;
}

/** Inputs, outputs and bundled code. It may be removed at any time. */
export const dataDirectory = join(import.meta.dirname, '.data');

/** The input's file. It is written once; its name holds a digest of what the generator makes. */
export async function inputOf(name: InputName, records: number): Promise<Input> {
  const { line } = kinds[name];
  const sample = createHash('sha256');
  for (let each = 0; each < 100; each++) sample.update(line(2003 * each));
  const path = join(dataDirectory, `${name}-${sample.digest('hex').slice(0, 12)}-${records}.ndjson`);
  if (!existsSync(path)) await writeLines(path, records, line);
  return { name, records, path };
}

/** What is measured unless somebody asks for other sizes. */
export function sizesOf(name: InputName): Pick<Kind, 'records' | 'streams' | 'quick'> {
  return kinds[name];
}

export function datasetOf(name: InputName): Dataset {
  return kinds[name].dataset;
}

/** The dataset's tables with the fields that this input has values for: what every candidate has to write. */
export function tablesOf(name: InputName): Table[] {
  const { dataset, line } = kinds[name];
  const answers = Array.from({ length: 20 }, (_, record): unknown => JSON.parse(line(record)));
  return dataset.tables.map((table: Table) => {
    const rows = answers.flatMap((answer) => rowsIn(answer, table.rows));
    return {
      ...table,
      fields: table.fields.filter(({ path }) => rows.some((row) => row(path) !== undefined)),
    };
  });
}

/** The rows of a table in an answer, each as what it has at a path. */
export function rowsIn(answer: unknown, rows: string): ((path: string) => unknown)[] {
  let scopes: ReadonlyMap<string, unknown>[] = [new Map([['', answer]])];
  let above = '';
  for (const names of rows.split('[]').slice(0, -1)) {
    const array = `${above}${names}[]`;
    scopes = scopes.flatMap((scope) =>
      ((valueAt(scope.get(above), names) ?? []) as unknown[]).map(
        (element) => new Map([...scope, [array, element]]),
      ),
    );
    above = array;
  }
  return scopes.map((scope) => (path) => {
    const array = path.slice(0, path.lastIndexOf(']') + 1);
    return valueAt(scope.get(array), path.slice(array.length));
  });
}

const namesIn = new Map<string, string[]>();

function valueAt(record: unknown, path: string): unknown {
  let names = namesIn.get(path);
  if (!names) {
    names = path.split('.').filter((name) => name !== '');
    namesIn.set(path, names);
  }
  return names.reduce<unknown>((value, name) => (value as Record<string, unknown>)?.[name], record);
}

async function writeLines(path: string, records: number, line: (record: number) => string): Promise<void> {
  await mkdir(dataDirectory, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  const file = await open(unfinished, 'w');
  for (let record = 0; record < records; ) {
    let text = '';
    for (const end = Math.min(record + 2000, records); record < end; record++) text += `${line(record)}\n`;
    await file.write(text);
  }
  await file.close();
  await rename(unfinished, path);
}

const towns = 'Sydney,Melbourne,Tokyo,Mumbai,Nairobi,Cairo,Tromsø,München,London,São Paulo,Łódź,New York';

/** Three hundred places; some names are not ASCII, as some of the provider's are not. */
const places = towns
  .split(',')
  .flatMap((town) => Array.from({ length: 25 }, (_, district) => resolvePlace(`${town} ${district}`)))
  .filter((place) => place !== undefined);

/** Fields that an account can switch off, and most have. */
const switchedOff = /"(?:will_it|chance_of)_(?:rain|snow)":\d+,|"wetbulb_f":[-.\d]+,/g;

/** The provider writes whole numbers in these members with a decimal point: `"vis_km":10.0`. */
const wholeDecimals = /"(\w+_(?:c|f|mph|kph|mb|in|mm|km|miles)|uv|lat|lon)":(-?\d+)(?=[,}])/g;

/** The answers of hour after hour, each hour's places in an order of its own. About 860 bytes with 44 values. */
function currentLine(record: number): string {
  const hour = Math.floor(record / places.length);
  const turn = record % places.length;
  const weather = currentWeather(placesOf(hour)[turn] as Place, instantOf(hour, turn), { aqi: false });
  return asWritten(weather).replaceAll(switchedOff, '');
}

/** The answer for one of so many places at some time, with all that the stand-in sends when air quality is off. */
export function hourlyLine(place: number, of: number, now: Date): string {
  const resolved = resolvePlace(of === 1 ? '-37.504136,145.744302' : `Sydney ${place}`) as Place;
  return asWritten(currentWeather(resolved, now, { aqi: false }));
}

/** The answers of every sixth hour for three days, with air quality, pollen and alerts. About 75 kB with 4700 values. */
function forecastLine(record: number): string {
  const run = Math.floor(record / places.length);
  const turn = record % places.length;
  const query = new URLSearchParams('days=3&aqi=yes&pollen=yes&alerts=yes');
  const place = placesOf(run)[turn] as Place;
  return asWritten(endpoints.forecast?.({ place, now: instantOf(run * 6, turn), query, plan: 'free' }));
}

/** What the dataset does not declare, each before a member that it does. */
const undeclared = [
  ['humidity', 'snow_cm', (part) => (20 * part).toFixed(1)],
  ['uv', 'ozone_du', (part) => (200 + 200 * part).toFixed()],
  ['cloud', 'sky', (part) => (part < 0.5 ? '"overcast"' : '"partly clear"')],
  ['vis_km', 'is_estimated', (part) => String(part < 0.1)],
] as const satisfies [before: string, name: string, json: (part: number) => string][];

/** What `currentLine` has, and so many undeclared members. */
function driftLine(record: number, members: number): string {
  let line = currentLine(record);
  for (const [before, name, json] of undeclared.slice(0, members))
    line = line.replace(`"${before}":`, `"${name}":${json(fraction(`${record} ${name}`))},$&`);
  return line;
}

/** What `forecastLine` has, and an undeclared member in each hour. */
function forecastDriftLine(record: number): string {
  let hour = 0;
  return forecastLine(record).replaceAll(
    '"time":',
    (time) => `"hail_mm":${(20 * fraction(`${record} ${hour++}`)).toFixed(1)},${time}`,
  );
}

/** Some forty places are asked for in a second. */
function instantOf(hour: number, turn: number): Date {
  return new Date(Date.UTC(2026, 0, 1, hour, 0, 2 + Math.floor(turn / 40)));
}

function asWritten(answer: unknown): string {
  return JSON.stringify(answer).replaceAll(wholeDecimals, '"$1":$2.0');
}

let lastOrder: { hour: number; order: readonly Place[] } | undefined;

function placesOf(hour: number): readonly Place[] {
  if (lastOrder?.hour !== hour) {
    const waits = new Map(places.map((place) => [place, fraction(`${hour} ${place.name}`)]));
    const order = places.toSorted((a, b) => (waits.get(a) ?? 0) - (waits.get(b) ?? 0));
    lastOrder = { hour, order };
  }
  return lastOrder.order;
}
