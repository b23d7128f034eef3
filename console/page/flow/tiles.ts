import type { TileName } from '../../api.ts';

/** What the flow is drawn of: its tiles, and the two queues of dead letters. */
export type PartName = TileName | 'convert-dead' | 'compact-dead';

export interface Tile {
  readonly name: TileName;
  readonly label: string;
  readonly icon: keyof typeof icons;
  /** One line, for a picture without numbers. */
  readonly what: string;
  /** Two sentences, for whoever asks. */
  readonly is: string;
}

/** In the order in which the data flows. */
export const tiles: readonly Tile[] = [
  {
    name: 'scheduler',
    label: 'scheduler',
    icon: 'clock',
    what: 'one per dataset',
    is: 'EventBridge Scheduler. It starts each dataset at its hours, in UTC.',
  },
  {
    name: 'fetch',
    label: 'fetch',
    icon: 'lambda',
    what: 'lands raw JSON',
    is: 'Lambda function. It asks WeatherAPI.com for each place, and lands one raw object per run.',
  },
  {
    name: 'raw',
    label: 'raw',
    icon: 'bucket',
    what: 'as it was sent',
    is: 'S3 bucket. What the provider sent, byte for byte, one line per place.',
  },
  {
    name: 'convert-queue',
    label: 'queue',
    icon: 'queue',
    what: 'five tries',
    is: 'SQS queue. One message per raw object; after five tries it is a dead letter.',
  },
  {
    name: 'convert',
    label: 'convert',
    icon: 'lambda',
    what: 'writes Parquet',
    is: 'Lambda function. It turns a raw object into Parquet: the same bytes each time.',
  },
  {
    name: 'curated',
    label: 'curated',
    icon: 'bucket',
    what: 'file per object',
    is: 'S3 bucket. One Parquet object per raw object and table.',
  },
  {
    name: 'compact-queue',
    label: 'queue',
    icon: 'queue',
    what: 'five tries',
    is: 'SQS queue. One message per curated object; after five tries it is a dead letter.',
  },
  {
    name: 'compact',
    label: 'compact',
    icon: 'lambda',
    what: 'merges days',
    is: 'Lambda function. It merges a day into one file per table, and replaces it atomically.',
  },
  {
    name: 'table',
    label: 'table',
    icon: 'table',
    what: 'a file per day',
    is: 'S3 bucket. One Parquet file per table and day, read by Athena, DuckDB and others.',
  },
];

/** What stands beside the flow. */
export const asides = [
  {
    name: 'secret',
    label: 'Secrets Manager',
    icon: 'key',
    is: 'Secrets Manager. It keeps the API key, which only fetch can read.',
  },
  {
    name: 'convert-dead',
    label: 'dead letters',
    icon: 'queue',
    is: 'SQS queue. Raw objects that could not be converted, each with its reason.',
  },
  {
    name: 'reconcile',
    label: 'reconcile',
    icon: 'lambda',
    is: 'Lambda function. Each day it looks for what was not converted or not compacted, and sends it again.',
  },
  {
    name: 'compact-dead',
    label: 'dead letters',
    icon: 'queue',
    is: 'SQS queue. Days of tables that could not be merged, each with its reason.',
  },
] as const satisfies readonly (Omit<Tile, 'name' | 'what'> & { readonly name: PartName })[];

/** Drawn in a square of 28 by 28. */
export const icons = {
  clock: 'M14 3a11 11 0 1 0 0 22 11 11 0 1 0 0-22M14 7v7l5 3',
  lambda: 'M7 4h4l10 20M12 11 6 24',
  bucket: 'M4 6a10 3 0 1 0 20 0 10 3 0 1 0-20 0l3 17c2 2 12 2 14 0l3-17',
  queue: 'M4 8h20a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2M8 12v4m4-4v4m4-4v4m4-4v4',
  table: 'M5 5h18a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2M3 11h22M3 17h22M11 11v12',
  key: 'M9 9a5 5 0 1 0 0 10 5 5 0 1 0 0-10M14 14h11v5M20 14v4',
} as const;
