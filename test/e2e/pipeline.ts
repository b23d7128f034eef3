import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { RunReport } from '../../functions/fetch/run.ts';
import { type Runtime, type RuntimeOptions, startRuntime } from '../../local/runtime.ts';
import type { Template } from '../../local/template.ts';
import { startWeatherApi, type WeatherApi } from '../../local/weatherapi/server.ts';
import { type ParquetRow, readParquet } from '../../operations/query/parquet-rows.ts';
import type { Outputs } from '../../shared/outputs.ts';

/** The stack at work on an empty state directory, fed by the stand-in API. */
export interface Pipeline {
  readonly runtime: Runtime;
  readonly outputs: Outputs;
  readonly api: WeatherApi;
  /** Starts a run and gives its report; throws when fetch failed. */
  fetch(scheduledTime: Date, locations: readonly string[]): Promise<RunReport>;
  /** Gives the API and its secret another key, as a rotation would; the old one is refused from now on. */
  rotateKey(key: string): void;
  /** Puts a raw object, as somebody would who drops a file. */
  drop(key: string, body: string | Uint8Array): Promise<void>;
  /** Keys of the curated objects so far. */
  curatedKeys(): string[];
  curatedBytes(key: string): Promise<Buffer>;
  curatedRows(key: string): Promise<ParquetRow[]>;
  rawText(key: string): Promise<string>;
  deadLetters(): {
    key: string | undefined;
    code: string | undefined;
    reason: string | undefined;
    body: string;
  }[];
  /** What a function has printed so far. */
  log(functionName: string): string;
  close(): Promise<void>;
}

export async function startPipeline(
  template: Template,
  options: Pick<RuntimeOptions, 'faults'> & {
    now?: Date;
    /** Fills the state directory before the start. */
    prepare?: (stateDir: string) => Promise<void>;
  } = {},
): Promise<Pipeline> {
  const { now = new Date('2026-11-22T05:00:00Z'), prepare, ...runtimeOptions } = options;
  const stateDir = await mkdtemp(join(tmpdir(), 'pipeline-'));
  await prepare?.(stateDir);
  const access = { key: 'test-key', now: () => now };
  const api = await startWeatherApi(access);
  const runtime = await startRuntime({
    template,
    stateDir,
    environment: { WEATHERAPI_URL: api.url },
    retryDelay: 0,
    ...runtimeOptions,
  });
  const outputs = runtime.outputs as unknown as Outputs;
  const rotateKey = (key: string) => {
    access.key = key;
    runtime.emulator.secrets.set(outputs.ApiKeySecretName, key);
  };
  rotateKey(access.key);
  const s3 = new S3Client(runtime.clientConfig);
  const curated = new Set<string>();
  runtime.emulator.onObjectCreated(({ bucket, key: created }) => {
    if (bucket === outputs.CuratedBucketName) curated.add(created);
  });
  const curatedPath = (curatedKey: string) => runtime.emulator.pathOf(outputs.CuratedBucketName, curatedKey);

  return {
    runtime,
    outputs,
    api,
    rotateKey,
    async fetch(scheduledTime, locations) {
      const invocation = await runtime.runSchedule('fetch-function', scheduledTime, (event) => ({
        ...event,
        locations,
      }));
      if (!invocation.ok) throw new Error(invocation.error.message);
      return invocation.response as RunReport;
    },
    async drop(rawKey, body) {
      await s3.send(new PutObjectCommand({ Bucket: outputs.RawBucketName, Key: rawKey, Body: body }));
    },
    curatedKeys: () => [...curated].sort(),
    curatedBytes: (curatedKey) => readFile(curatedPath(curatedKey)),
    curatedRows: (curatedKey) => readParquet([curatedPath(curatedKey)]),
    rawText: (rawKey) => readFile(runtime.emulator.pathOf(outputs.RawBucketName, rawKey), 'utf8'),
    deadLetters: () =>
      runtime.emulator
        .messages(outputs.DeadLetterQueueUrl)
        .map(({ body, attributes: { rawKey, code, reason } }) => ({
          key: rawKey,
          code,
          reason,
          body,
        })),
    log: (functionName) => {
      const file = join(stateDir, 'logs', `${functionName}.log`);
      return existsSync(file) ? readFileSync(file, 'utf8') : '';
    },
    async close() {
      s3.destroy();
      await runtime.close();
      await api.close();
      await rm(stateDir, { recursive: true });
    },
  };
}
