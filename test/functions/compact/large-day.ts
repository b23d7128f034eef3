/** Compacts a day in a process of its own, so that its memory can be told. Its arguments are JSON, and so is its answer. */
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { type Compacted, compactDay } from '../../../functions/compact/compact-day.ts';
import { dayPrefix, tableDayOf } from '../../../shared/keys.ts';
import { s3Client } from '../../../shared/s3-client.ts';

export interface LargeDay {
  readonly prefix: string;
  /** Files, and how many parts are like each. */
  readonly parts: readonly (readonly [path: string, count: number])[];
}

export interface LargeDayReport {
  readonly done: Compacted;
  /** MiB */
  readonly peakMemory: number;
  /** Of one CPU. */
  readonly seconds: number;
  readonly writtenBytes: number;
}

const { prefix, parts } = JSON.parse(process.argv[2] ?? '') as LargeDay;
const of = tableDayOf(prefix);
const files = parts.flatMap(([path, count]) => {
  const file = readFileSync(path);
  return Array.from({ length: count }, () => file);
});
const etag = '"etag"';
let writtenBytes = 0;

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** What S3 answers, without a network. */
function answerTo({ method, path, query, headers, body }: Request): {
  status?: number;
  body?: string | Uint8Array;
} {
  if (method === 'HEAD') return { status: 404 };
  if (method === 'GET' && 'list-type' in query)
    return { body: listing(Number(query['continuation-token'] ?? 0)) };
  if (method === 'GET') {
    const file = files[Number(path.slice(path.lastIndexOf('/') + 1))] ?? new Uint8Array();
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    return { body: first === undefined ? file : file.subarray(Number(first), Number(last) + 1) };
  }
  if (method === 'PUT') writtenBytes += body?.length ?? 0;
  return { body: method === 'POST' ? '<Result><UploadId>upload</UploadId></Result>' : '' };
}

function listing(from: number): string {
  const page = files.slice(from, from + 1000);
  const next = from + page.length;
  const contents = page.map(
    ({ length }, index) =>
      `<Contents><Key>${dayPrefix(of)}${from + index}</Key><Size>${length}</Size><ETag>${etag}</ETag></Contents>`,
  );
  const token = next < files.length ? `<NextContinuationToken>${next}</NextContinuationToken>` : '';
  return `<Result><IsTruncated>${token !== ''}</IsTruncated>${token}${contents.join('')}</Result>`;
}

const s3 = s3Client({
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  requestHandler: {
    async handle(request: Request) {
      const { status = 200, body = '' } = answerTo(request);
      return {
        response: { statusCode: status, headers: { etag }, body: Readable.from([Buffer.from(body)]) },
      };
    },
  },
});
const { signal } = new AbortController();
const done = await compactDay(of, {
  s3,
  curated: 'curated',
  compacted: 'compacted',
  signal,
  wait: async () => {},
});
const { user, system } = process.cpuUsage();
const answer: LargeDayReport = {
  done,
  peakMemory: process.resourceUsage().maxRSS / 1024,
  seconds: (user + system) / 1e6,
  writtenBytes,
};
process.stdout.write(JSON.stringify(answer));
