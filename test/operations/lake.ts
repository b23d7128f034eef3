import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactDay } from '../../functions/compact/compact-day.ts';
import { convertObject } from '../../functions/convert/convert-object.ts';
import type { Live } from '../../operations/live/live.ts';
import type { LogLine } from '../../operations/logs.ts';
import { tableDayOf } from '../../shared/keys.ts';
import { type Aws, startAws } from '../aws.ts';

export const now = new Date('2026-11-22T10:20:00Z');

/** The buckets of a pipeline with a state directory that queries read, and convert and compact at hand. */
export interface Lake extends Aws {
  /** What the page works on; nothing runs in it by itself. */
  readonly live: Live;
  readonly state: string;
  /** Lines that the functions have logged. */
  readonly logged: LogLine[];
  /** Puts a raw object, and takes it as far as it is to come. */
  land(
    key: string,
    text: string | Uint8Array,
    as?: { readonly upTo?: 'raw' | 'curated' | 'compacted'; readonly metadata?: Record<string, string> },
  ): Promise<void>;
}

export async function startLake(): Promise<Lake> {
  const state = mkdtempSync(join(tmpdir(), 'lake-'));
  writeAssembly(join(state, 'cdk.out'));
  const aws = await startAws(state);
  const { s3, sqs, emulator } = aws;
  const logged: LogLine[] = [];
  const outputs = {
    RawBucketName: 'raw',
    CuratedBucketName: 'curated',
    CompactedBucketName: 'compacted',
    DeadLetterQueueUrl: aws.deadLettersUrl,
    CompactDeadLetterQueueUrl: aws.compactDeadLettersUrl,
    ApiKeySecretName: 'key',
    Schedules: JSON.stringify({
      'weatherapi/current': { name: 'current', expression: 'cron(0 * * * ? *)', placesList: '' },
      'weatherapi/history': { name: 'history', expression: 'cron(0 14 * * ? *)', placesList: '' },
    }),
  };
  const seen = {
    ...{ s3, sqs, outputs },
    deployedAt: new Date('2026-11-15T00:00:00Z'),
    scheduleInput: async () => ({ locations: ['Oslo', 'Lagos'] }),
    logs: {
      lines: async function* () {
        yield* logged;
      },
    },
  };
  const signal = new AbortController().signal;
  const live = {
    deployed: { ...seen, runtime: { emulator } },
    observed: seen,
    ...{ state, signal, now: () => now },
  } as unknown as Live;
  return {
    ...aws,
    ...{ live, state, logged },
    async land(key, text, { upTo = 'compacted', metadata = {} } = {}) {
      await aws.put('raw', key, text, metadata);
      if (upTo === 'raw') return;
      const names = {
        s3,
        raw: 'raw',
        curated: 'curated',
        compacted: 'compacted',
        signal,
        wait: async () => {},
      };
      const converted = await convertObject(key, names);
      if (upTo === 'curated' || converted.kind !== 'converted') return;
      for (const { key: made } of converted.tables) await compactDay(tableDayOf(made), names);
    },
    async stop() {
      await aws.stop();
      rmSync(state, { recursive: true });
    },
  };
}

/** As much of a synthesized stack as tells the name of the compacted bucket. */
function writeAssembly(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, content: unknown) =>
    writeFileSync(join(folder, name), JSON.stringify(content));
  write('manifest.json', { artifacts: { Stack: { type: 'aws:cloudformation:stack' } } });
  write('Stack.assets.json', { files: {} });
  write('Stack.template.json', {
    Resources: {
      Compacted123: { Type: 'AWS::S3::Bucket', Metadata: { 'aws:cdk:path': 'Stack/Compacted/Resource' } },
    },
    Outputs: { CompactedBucketName: { Value: { Ref: 'Compacted123' } } },
  });
}

/** An answer of current. */
export function current(name: string, at: string | Date, temp_c: number | null = 1): string {
  return JSON.stringify({
    location: { name, country: 'Norway', lat: name.length, lon: 1 },
    current: { last_updated_epoch: new Date(at).getTime() / 1000, temp_c },
  });
}

/** An answer of forecast or history: hours from an instant on. */
export function hours(
  name: string,
  made: string | Date,
  from: string | Date,
  temperatures: (number | null)[],
): string {
  const begin = new Date(from).getTime() / 1000;
  return JSON.stringify({
    location: {
      name,
      country: 'Norway',
      lat: name.length,
      lon: 1,
      localtime_epoch: new Date(made).getTime() / 1000,
    },
    forecast: {
      forecastday: [
        {
          date: new Date(from).toISOString().slice(0, 10),
          day: { maxtemp_c: 1 },
          hour: temperatures.map((temp_c, index) => ({ time_epoch: begin + index * 3600, temp_c })),
        },
      ],
    },
  });
}
