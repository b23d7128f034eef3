import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Faults } from '../../local/faults/faults.ts';
import { s3TestEvent } from '../../local/notification.ts';
import { datasetNamed, datasetNames } from '../../shared/datasets.ts';
import { compactedKey, curatedKeys, parseRawKey, tableDayOf } from '../../shared/keys.ts';
import { objectEvent } from '../../shared/s3-event.ts';
import { tablesOf } from '../functions/convert/converted.ts';
import { until } from '../local/until.ts';
import type { Stack } from '../stack.ts';

/**
 * Does one part of the pipeline's work for some datasets, and says what somebody would miss of it: nothing, when all went
 * well.
 */
export type Act = (stack: Stack, round: number, datasets: readonly string[]) => Promise<string[]>;

const day = '2026-11-22';
const foldersOf = (names: readonly string[]) => names.map((name) => `${name}/dt=${day}`);
/** In raw since an hour, without a curated object: one of each dataset. */
const lostKeysOf = (names: readonly string[]) => foldersOf(names).map((folder) => `${folder}/lost.json`);
export const lostKeys = lostKeysOf(datasetNames);
const epoch = 1_795_323_600;
/** An answer of any dataset, with a row of each table. */
export const response = JSON.stringify({
  location: { name: 'Oslo', localtime_epoch: epoch },
  current: { last_updated_epoch: epoch, temp_c: 1 },
  forecast: { forecastday: [{ date: day, hour: [{ time_epoch: epoch }] }] },
  alerts: { alert: [{ headline: 'Wind' }] },
});

const tableNamesOf = (names: readonly string[]) =>
  names.flatMap((name) => datasetNamed(name)?.tables ?? []).map((table) => table.name);

/** What these raw objects are converted to, one object per table. */
const madeOf = (keys: readonly string[], on = day) =>
  keys.map((key) => parseRawKey(key)).flatMap((parsed) => curatedKeys({ ...parsed, day: on }));
const notIn = (there: readonly string[], keys: readonly string[], what: string) =>
  keys.flatMap((key) => (there.includes(key) ? [] : [`${what}: ${key}`]));
/** The objects in the table that the days of curated objects have. */
const daysOf = (curatedKeys: readonly string[]) => curatedKeys.map((key) => compactedKey(tableDayOf(key)));
/** A day of each round, so that it has no objects yet. */
const dayOf = (round: number) => new Date(Date.parse(day) - round * 86_400_000).toISOString().slice(0, 10);

/** The schedules start runs with a key that was rotated since the last ones, and a time or a day of each dataset lands. */
export const fetchAct: Act = async (stack, round, names) => {
  const printed = watchLog(stack, 'fetch-function');
  stack.rotateKey(`key-${round}`);
  const time = new Date(Date.parse(day) - round * 86_400_000);
  const missing = await Promise.all(
    names.map((name) =>
      stack.fetch(time, ['Oslo'], name).then(
        ({ landed }) => (landed > 0 ? [] : [`a run of ${name} has not landed`]),
        ({ message }: Error) => [`a run of ${name} has failed: ${message}`],
      ),
    ),
  );
  return missing.flat().length > 0 ? missing.flat() : printed();
};

/** A part of each table's day. */
async function partsOf(names: readonly string[], on: string) {
  const keys = names.map((name) => `${name}/dt=${on}/part.json`);
  const made = await Promise.all(keys.map((key) => tablesOf(response, { key })));
  return made.flatMap(({ tables }) => tables);
}

/** The key of another part of the same day. */
const another = (key: string) => key.replace('part', 'another');

/** Of each dataset, one event tells of a good file, one of one without a day, one of a broken one, and one of a file that is gone. */
export const convertAct: Act = async (stack, round, names) => {
  const { emulator } = stack.runtime;
  const { QueueUrl, RawBucketName } = stack.outputs;
  const denied = watchDenials(stack);
  const printed = watchLog(stack, 'convert-function');
  const named = (name: string) => foldersOf(names).map((folder) => `${folder}/${name}-${round}.json`);

  await endPoll(stack, QueueUrl, denied);
  for (const key of named('good')) await stack.put(key, response);
  for (const name of names) await stack.put(`${name}/undated-${round}.json`, response);
  for (const key of named('broken')) await stack.put(key, '{"location": {"name": "Os');
  for (const key of named('gone')) {
    const gone = { bucket: { name: RawBucketName }, object: { key } };
    emulator.send(QueueUrl, JSON.stringify({ Records: [{ eventName: 'ObjectCreated:Put', s3: gone }] }));
  }

  const stuck = await settle(stack, denied);
  const letters = (name: string) =>
    stack.letters().filter(({ body }) => body.includes(`/${name}-${round}.json`));
  const curated = await stack.curatedKeys();
  const missing = [
    ...stuck,
    ...notIn(curated, madeOf(named('good')), 'the file is not converted'),
    ...tableNamesOf(names).flatMap((table) =>
      curated.some((key) => key.startsWith(`${table}/dt=${day}/undated-${round}.`))
        ? []
        : [`the file without a day is not converted: ${table}`],
    ),
    ...(letters('broken').filter(({ reason }) => reason !== undefined).length < names.length
      ? ['no dead letter says why a file is broken']
      : []),
    ...letters('gone').map(() => 'a file that is gone has a dead letter'),
    ...letters('undated').map(() => 'the file without a day has a dead letter'),
  ];
  if (stuck.length > 0) await purge(stack, stack.outputs.QueueUrl);
  return missing.length > 0 ? missing : printed();
};

/**
 * A day of each table is compacted when its first part comes, again when another one does, and is gone with both. A part that
 * is broken has a dead letter.
 */
export const compactAct: Act = async (stack, round, names) => {
  const { CompactQueueUrl, CompactDeadLetterQueueUrl } = stack.outputs;
  const denied = watchDenials(stack);
  const printed = watchLog(stack, 'compact-function');
  await endPoll(stack, CompactQueueUrl, denied);
  const parts = await partsOf(names, dayOf(round));
  const days = daysOf(parts.map(({ key }) => key));

  const missing: string[] = [];
  const settled = async () => {
    missing.push(...(await settle(stack, denied)));
    if (missing.length > 0) await purge(stack, CompactQueueUrl);
    return stack.compacted();
  };
  for (const { key, file } of parts) await stack.put(key, file, {}, 'curated');
  const first = await settled();
  missing.push(...notIn([...first.keys()], days, 'the day is not compacted'));
  for (const { key, file } of parts) await stack.put(another(key), file, {}, 'curated');
  const second = await settled();
  for (const each of days)
    if (first.get(each)?.equals(second.get(each) ?? Buffer.of())) missing.push(`the day is old: ${each}`);
  for (const { key } of parts) for (const each of [key, another(key)]) await stack.remove(each, 'curated');
  const third = await settled();
  for (const each of days) if (third.has(each)) missing.push(`the day is still there: ${each}`);
  for (const { key } of parts) await stack.put(key, 'broken', {}, 'curated');
  await settled();
  const told = stack.letters('compact').filter(({ reason }) => reason !== undefined);
  if (told.length < days.length) missing.push('no dead letter says why a part is broken');

  // For the next round.
  for (const { key } of parts) await stack.remove(key, 'curated');
  await settled();
  await purge(stack, CompactDeadLetterQueueUrl);
  return missing.length > 0 ? missing : printed();
};

/** So much that does not compress is uploaded in parts. */
const large = response.replace(
  '"Oslo"',
  JSON.stringify(createHash('shake256', { outputLength: 9_000_000 }).update('large').digest('base64')),
);

/** An upload in parts breaks off, as `breakOff` sees to: nothing of it stays, and the next try goes well. */
export const uploadAct: Act = async (stack, round, names) => {
  const keys = names.map((name) => `${name}/dt=${dayOf(round)}/large.json`);
  for (const key of keys) await stack.put(key, large);
  await stack.runtime.settled();
  const { CuratedBucketName, CompactedBucketName } = stack.outputs;
  const made = madeOf(keys, dayOf(round));
  const compacted = await stack.compacted();
  return [
    ...notIn(await stack.curatedKeys(), made, 'the large file is not converted'),
    ...notIn([...compacted.keys()], daysOf(made), 'the large day is not compacted'),
    ...[CuratedBucketName, CompactedBucketName]
      .flatMap(stack.runtime.emulator.openUploads)
      .filter((key) => [...made, ...daysOf(made)].includes(key))
      .map((key) => `the parts of an upload that broke off are still there: ${key}`),
  ];
};

/** Refuses the first part of each large curated object once. */
export function breakOff(): Faults {
  const broken = new Set<string | undefined>();
  return {
    request: ({ action, bucket, key }) => {
      if (action !== 'UploadPart' || bucket === 'raw' || broken.has(key)) return undefined;
      broken.add(key);
      return { status: 400, code: 'BadDigest' };
    },
  };
}

/**
 * The schedule starts a reconciliation, which finds the lost object and the days that lack a part, and leaves what has a dead
 * letter alone. Of what was uploaded in parts it asks what it was converted from.
 */
export const reconcileAct: Act = async (stack, round, names) => {
  const { runtime, outputs, faults } = stack;
  for (const folder of foldersOf(names)) await dropInParts(stack, `${folder}/parts.json`);
  const parts = await partsOf(names, dayOf(round));
  for (const { key, file } of parts) await stack.put(key, file, {}, 'curated');
  await runtime.settled();
  const before = await stack.compacted();
  stack.faults = { ...faults, event: () => [] };
  for (const { key, file } of parts) await stack.put(another(key), file, {}, 'curated');
  stack.faults = faults;
  const denied = watchDenials(stack);
  const printed = watchLog(stack, 'reconcile-function');
  const deadLetterQueues = [outputs.DeadLetterQueueUrl, outputs.CompactDeadLetterQueueUrl];
  for (const [index, bucket] of [outputs.RawBucketName, outputs.CuratedBucketName].entries()) {
    const dead = objectEvent({ bucket, key: `${datasetNames[0]}/dt=${day}/dead`, size: 1 });
    runtime.emulator.send(deadLetterQueues[index] ?? '', dead);
  }

  const invocation = await stack.reconcile();
  const inFlight = deadLetterQueues
    .map((queue) => runtime.emulator.queueDepth(queue).inFlight)
    .reduce((sum, count) => sum + count);
  const missing = [
    ...(invocation.ok ? [] : [`the reconciliation has failed: ${invocation.error.message}`]),
    ...(inFlight === 0 ? [] : ['the dead letters stay out of sight']),
    ...(await settle(stack, denied)),
    ...(await convertedAgain(stack, lostKeysOf(names))),
  ];
  const after = await stack.compacted();
  for (const each of daysOf(parts.map(({ key }) => key)))
    if (before.get(each)?.equals(after.get(each) ?? Buffer.of())) missing.push(`the day is old: ${each}`);
  for (const queue of deadLetterQueues) await purge(stack, queue);
  return missing.length > 0 ? missing : printed();
};

async function dropInParts({ runtime, outputs }: Stack, Key: string): Promise<void> {
  const s3 = new S3Client(runtime.clientConfig);
  const object = { Bucket: outputs.RawBucketName, Key };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
  const part = { ...object, UploadId, PartNumber: 1 };
  const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: response }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload }));
  s3.destroy();
}

/** Removes what was converted of the lost objects, for the next round. */
async function convertedAgain(
  { runtime, outputs, curatedKeys: there }: Stack,
  lost: readonly string[],
): Promise<string[]> {
  const missing = notIn(await there(), madeOf(lost), 'the lost object is not converted');
  const s3 = new S3Client(runtime.clientConfig);
  for (const Key of madeOf(lost))
    await s3.send(new DeleteObjectCommand({ Bucket: outputs.CuratedBucketName, Key }));
  s3.destroy();
  return missing;
}

/** Whoever waits for a message was let in before an act: the first message ends that. */
async function endPoll({ runtime: { emulator } }: Stack, queueUrl: string, denied: () => string[]) {
  emulator.send(queueUrl, s3TestEvent('raw'));
  await until(
    () => emulator.queueDepth(queueUrl).visible === 0 || denied().some((action) => polling.includes(action)),
  );
}

/** @returns what was denied since the watch began */
function watchDenials({ runtime: { access } }: Stack) {
  const before = access.denials.length;
  return () => access.denials.slice(before).map(({ action }) => action);
}

/** For an act that went well: @returns whether the log misses it, once it was printed or kept from being printed */
function watchLog(stack: Stack, functionName: string) {
  const before = stack.log(functionName);
  const denied = watchDenials(stack);
  return async () => {
    const grown = () => stack.log(functionName) !== before;
    await until(() => grown() || denied().some((action) => action.startsWith('logs:')));
    return grown() ? [] : ['the log has no line'];
  };
}

/** What Lambda may not do any more, when it may not take from the queue. */
const polling = ['sqs:ReceiveMessage', 'sqs:GetQueueAttributes', 'sqs:DeleteMessage'];

/** Waits until the queue is empty, or will not become so. */
async function settle({ runtime }: Stack, denied: () => string[]): Promise<string[]> {
  const noticed = new AbortController();
  const watch = setInterval(() => {
    const stuck = denied().find((action) => polling.includes(action));
    if (stuck !== undefined) noticed.abort(new Error(`${stuck} is denied`));
  }, 100);
  try {
    await runtime.settled({ timeout: 15_000, signal: noticed.signal });
    return [];
  } catch (error) {
    return [`the queue does not empty: ${error}`];
  } finally {
    clearInterval(watch);
  }
}

async function purge({ runtime }: Stack, QueueUrl: string): Promise<void> {
  const sqs = new SQSClient(runtime.clientConfig);
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  sqs.destroy();
  await runtime.settled();
}
