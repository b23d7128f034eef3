import { HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startEmulator } from '../../local/aws/emulator.ts';
import type { RequestFault } from '../../local/aws/request-faults.ts';
import { type Aws, Bucket, region, startAws } from './aws.ts';

const body = 'x'.repeat(100_000);
/** How a client tells of a connection that went, by the moment. */
const hungUp = /socket hang up|ECONNRESET|EPIPE/;

let aws: Aws;
let faults: Record<string, RequestFault>;
beforeEach(async () => {
  faults = {};
  aws = await startAws({ faults: ({ action }) => faults[action] });
});
afterEach(() => aws.close());

const head = async () => (await aws.s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }))).ContentLength;

describe('a request with a fault', () => {
  test('is answered in the way of its service and not handled; all are logged', async () => {
    const fault = { status: 503, code: 'SlowDown' };
    faults = { PutObject: fault, HeadObject: fault, SendMessage: fault, GetSecretValue: fault };
    const { url, arn } = aws.emulator.createQueue('work', {});
    const refused = { name: 'SlowDown', $metadata: { httpStatusCode: 503 } };
    await expect(aws.put('a')).rejects.toMatchObject(refused);
    await expect(head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    const send = new SendMessageCommand({ QueueUrl: url, MessageBody: 'x' });
    await expect(aws.sqs.send(send)).rejects.toMatchObject(refused);
    const get = new GetSecretValueCommand({ SecretId: 'a' });
    await expect(aws.secrets.send(get)).rejects.toMatchObject(refused);

    expect((await aws.s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
    expect(aws.emulator.messages(arn)).toEqual([]);
    expect(aws.emulator.requests).toMatchObject([
      { service: 's3', action: 'PutObject', bucket: Bucket, key: 'a', status: 503 },
      { service: 's3', action: 'HeadObject', bucket: Bucket, key: 'a', status: 503 },
      { service: 'sqs', action: 'SendMessage', status: 503 },
      { service: 'secretsmanager', action: 'GetSecretValue', status: 503 },
      { service: 's3', action: 'ListObjectsV2', bucket: Bucket, status: 200 },
    ]);
  });

  test('that is cut fails, and nothing of it is written', async () => {
    let waited = false;
    faults.PutObject = { before: () => Promise.resolve().then(() => (waited = true)), cut: 'request' };
    await expect(aws.put('a', body)).rejects.toThrow(hungUp);
    expect(waited).toBe(true);
    await expect(head()).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('whose answer is cut fails, and is done', async () => {
    faults.PutObject = { cut: 'answer' };
    await expect(aws.put('a', body)).rejects.toThrow(hungUp);
    expect(await head()).toBe(body.length);
  });

  test('whose body is cut brings its beginning, and then fails', async () => {
    await aws.put('a', body);
    faults.GetObject = { cut: 'answer' };
    await expect(aws.bytesOf('a')).rejects.toThrow(/aborted|terminated|ECONNRESET/);
  });

  test('whose answer is held back gets it whole, and once', async () => {
    await aws.put('a', body);
    const events: string[] = [];
    faults.GetObject = {
      before: () => events.push('before'),
      after: () => new Promise((resolve) => setImmediate(() => resolve(events.push('after')))),
    };
    expect(String(await aws.bytesOf('a'))).toBe(body);
    expect(events).toEqual(['before', 'after']);
  });
});

test('the parts of a multipart upload are named', async () => {
  await aws.uploadInParts('k');
  const names = aws.emulator.requests.map(({ action }) => action);
  expect(names).toEqual(['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']);
});

test('a second emulator on the same directory is refused, until the first is closed', async () => {
  const { stateDir } = aws;
  await expect(startEmulator({ stateDir, region })).rejects.toMatchObject({
    name: 'StateInUseError',
    message: expect.stringMatching(
      new RegExp(`in use by ".*" \\(process ${process.pid}\\), since \\d{4}-.*type the same command again`),
    ),
  });
  await aws.emulator.close();
  await (await startEmulator({ stateDir, region })).close();
});
