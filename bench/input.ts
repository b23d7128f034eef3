import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fraction, type Place, resolvePlace } from '../local/weatherapi/places.ts';
import { currentWeather } from '../local/weatherapi/weather.ts';
import type { Field, Table } from '../shared/dataset.ts';
import { weatherapiCurrent } from '../shared/datasets/weatherapi-current.ts';

/** One kind of input: the n-th line of its file, always the same. */
interface Kind {
  readonly table: Table;
  readonly line: (record: number) => string;
}

/** Add an input here, and it is measured. */
const kinds = {
  current: { table: weatherapiCurrent.tables[0], line: currentLine },
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
  for (let record = 0; record < 2_000_000; record += 2003) sample.update(line(record));
  const path = join(dataDirectory, `${name}-${sample.digest('hex').slice(0, 12)}-${records}.ndjson`);
  if (!existsSync(path)) await writeLines(path, records, line);
  return { name, records, path };
}

/** The table's fields that this input has values for: what every candidate has to write. */
export function columnsOf(name: InputName): readonly Field[] {
  const { table, line } = kinds[name];
  const sample: unknown = JSON.parse(line(0));
  return table.fields.filter(({ path }) => valueAt(sample, path.split('.')) !== undefined);
}

export function valueAt(record: unknown, names: readonly string[]): unknown {
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
  // Some forty places are asked for in a second.
  const instant = Date.UTC(2026, 0, 1, hour, 0, 2 + Math.floor(turn / 40));
  const weather = currentWeather(placesOf(hour)[turn] as Place, new Date(instant), { aqi: false });
  return JSON.stringify(weather).replaceAll(switchedOff, '').replaceAll(wholeDecimals, '"$1":$2.0');
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
