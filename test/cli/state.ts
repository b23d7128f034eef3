import { createHash } from 'node:crypto';
import { appendFile, readFile, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { Emulator } from '../../local/aws/emulator.ts';
import { startRuntime } from '../../local/runtime.ts';
import { readTemplate } from '../../local/template.ts';
import { listObjects } from '../../shared/listing.ts';
import { assemblyDirectory } from '../assembly.ts';
import { startAws } from '../aws.ts';
import { converted } from '../functions/convert/converted.ts';

/** Keys and bodies of raw objects. */
type Objects = Readonly<Record<string, string>>;

/** A state directory of the local pipeline that uses the synthesis of this test run. */
export async function useAssembly(stateDir: string): Promise<void> {
  await symlink(assemblyDirectory(), join(stateDir, 'cdk.out'));
}

/** Writes raw objects and waits until the pipeline has converted them. */
export async function land(stateDir: string, objects: Objects): Promise<void> {
  const template = await readTemplate(join(stateDir, 'cdk.out'));
  const runtime = await startRuntime({ template, stateDir, retryDelay: 0 });
  const s3 = new S3Client(runtime.clientConfig);
  try {
    await put(s3, 'raw', Object.entries(objects));
    await runtime.settled({ timeout: 120_000 });
  } finally {
    s3.destroy();
    await runtime.close();
  }
}

/** Writes objects while nobody listens: their events are lost. */
export function landUnnoticed(stateDir: string, objects: Objects, bucket = 'raw'): Promise<void> {
  return withBuckets(stateDir, (s3) => put(s3, bucket, Object.entries(objects)));
}

/** The same, an hour ago: a file that somebody has edited is as old as the file system says. */
export async function landAnHourAgo(stateDir: string, objects: Objects, bucket = 'raw'): Promise<void> {
  await landUnnoticed(stateDir, objects, bucket);
  const hourAgo = new Date(Date.now() - 3_600_000);
  for (const key of Object.keys(objects)) {
    const file = join(stateDir, 's3', bucket, key);
    await appendFile(file, '\n');
    await utimes(file, hourAgo, hourAgo);
  }
}

/** Writes raw objects and what they convert to, without the pipeline. Of each, the day's table has an object of its own. */
export async function landConverted(stateDir: string, objects: Objects): Promise<void> {
  const curated = await pMap(Object.entries(objects), async ([rawKey, body]) => {
    const { key, file } = await converted(body, { key: rawKey });
    return [key, file] as const;
  });
  return withBuckets(stateDir, async (s3) => {
    await put(s3, 'raw', Object.entries(objects));
    for (const bucket of ['curated', 'compacted']) await put(s3, bucket, curated);
  });
}

/** SHA-256 of each object, by key. */
export function hashesIn(bucket: 'curated' | 'compacted', stateDir: string): Promise<Record<string, string>> {
  return withBuckets(stateDir, async (s3, emulator) => {
    const hashes: Record<string, string> = {};
    for await (const { key } of listObjects(s3, bucket, { prefix: '' })) {
      const bytes = await readFile(emulator.pathOf(bucket, key));
      hashes[key] = createHash('sha256').update(bytes).digest('hex');
    }
    return hashes;
  });
}

async function put(
  s3: S3Client,
  bucket: string,
  objects: readonly (readonly [string, string | Uint8Array])[],
): Promise<void> {
  await pMap(
    objects,
    ([Key, body]) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from(body) })),
    { concurrency: 10 },
  );
}

async function withBuckets<T>(
  stateDir: string,
  work: (s3: S3Client, emulator: Emulator) => Promise<T>,
): Promise<T> {
  const { s3, emulator, stop } = await startAws(stateDir);
  return work(s3, emulator).finally(stop);
}
