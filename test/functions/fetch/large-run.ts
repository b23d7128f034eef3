/** A run of fetch in a process of its own, so that its memory can be told. Its arguments are JSON, and so is its answer. */
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { ApiKey } from '../../../functions/fetch/api-key.ts';
import { RawBucket } from '../../../functions/fetch/raw-bucket.ts';
import { run } from '../../../functions/fetch/run.ts';
import { WeatherApi } from '../../../functions/fetch/weatherapi.ts';
import { datasetNamed } from '../../../shared/datasets.ts';
import { FakeSecrets } from './fake-secrets.ts';

export interface LargeRun {
  readonly dataset: string;
  readonly places: number;
  readonly apiUrl: string;
  readonly s3: S3ClientConfig;
}

export interface LargeRunReport {
  readonly fetched: number;
  readonly reasons: readonly string[];
  /** MiB */
  readonly peakMemory: number;
  /** Seconds of one CPU, until the last answer and after it. */
  readonly asking: number;
  readonly landing: number;
}

const { dataset: name, places, apiUrl, s3 } = JSON.parse(process.argv[2] ?? '') as LargeRun;
const dataset = datasetNamed(name);
if (!dataset) throw new Error(`There is no dataset ${name}.`);
const api = new WeatherApi(apiUrl, new ApiKey(new FakeSecrets('first').client, 'key'));
let lastAnswer = process.cpuUsage();
const report = await run(
  {
    scheduledTime: new Date('2026-11-22T06:00:00Z'),
    dataset,
    locations: Array.from({ length: places }, (_, index) => `place-${index}`),
    options: {},
  },
  {
    api: {
      async call(...query) {
        const answer = await api.call(...query);
        lastAnswer = process.cpuUsage();
        return answer;
      },
    },
    raw: new RawBucket(new S3Client(s3), 'raw'),
    clock: { now: Date.now, sleep: async () => {} },
    onPause: () => {},
  },
  new AbortController().signal,
);
const secondsOf = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6;
const answer: LargeRunReport = {
  fetched: report.fetched,
  reasons: report.skipped.map(({ reason }) => reason),
  peakMemory: process.resourceUsage().maxRSS / 1024,
  asking: secondsOf(lastAnswer),
  landing: secondsOf(process.cpuUsage(lastAnswer)),
};
process.stdout.write(JSON.stringify(answer));
