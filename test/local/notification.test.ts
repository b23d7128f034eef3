import { CopyObjectCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ObjectCreated } from '../../local/aws/emulator.ts';
import { notify, s3Event } from '../../local/notification.ts';
import { encodeKey, objectsIn } from '../../shared/s3-event.ts';
import { type Aws, Bucket, region, startAws } from './aws.ts';

describe('a notification', () => {
  let aws: Aws;
  let QueueArn: string;
  beforeEach(async () => {
    aws = await startAws();
    aws.emulator.createBucket('curated');
    QueueArn = aws.emulator.createQueue('events', {}).arn;
  });
  afterEach(() => aws.close());

  const of = (NotificationConfiguration: object, isFirst = true) =>
    notify(aws.emulator, { BucketName: Bucket, NotificationConfiguration }, { region, isFirst });
  const ofEvents = (Events: string[], more: object = {}) =>
    of({ QueueConfigurations: [{ Events, QueueArn, ...more }] });
  /** The keys that the queue was told of, as the function reads them. */
  const told = () =>
    aws.emulator.messages(QueueArn).flatMap(({ body }) => objectsIn(body).map(({ key }) => key));

  test('starts with the test event the first time, which tells of no object', () => {
    of({ QueueConfigurations: [{ Events: ['s3:ObjectCreated:*'], QueueArn }] }, false);
    expect(aws.emulator.messages(QueueArn)).toEqual([]);
    ofEvents(['s3:ObjectCreated:*']);
    const bodies = aws.emulator.messages(QueueArn).map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies).toMatchObject([{ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket }]);
    expect(told()).toEqual([]);
  });

  test('tells of each created object once, and of its own bucket only', async () => {
    ofEvents(['s3:ObjectCreated:*']);
    await aws.put('put');
    await aws.put('elsewhere', 'x', 'curated');
    await aws.s3.send(new CopyObjectCommand({ Bucket, Key: 'copied', CopySource: `${Bucket}/put` }));
    await aws.uploadInParts('parts');
    expect(told()).toEqual(['put', 'copied', 'parts']);
  });

  test('tells of removed objects when it is to, in another configuration for the same queue too', async () => {
    await aws.put('before');
    of({
      QueueConfigurations: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'].map((event) => ({
        Events: [event],
        QueueArn,
      })),
    });
    await aws.put('after');
    for (const Key of ['before', 'after', 'missing'])
      await aws.s3.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(told()).toEqual(['after', 'before', 'after']);
  });

  test('of another kind is refused by name', () => {
    expect(() => of({ EventBridgeConfiguration: {} })).toThrow('EventBridgeConfiguration');
    expect(() => ofEvents(['s3:ObjectCreated:*', 's3:ObjectTagging:*'])).toThrow('s3:ObjectTagging:*');
    expect(() => ofEvents(['s3:ObjectCreated:*'], { Filter: {} })).toThrow('Filter');
  });
});

describe('an event', () => {
  const created = (given: Partial<ObjectCreated> = {}): ObjectCreated => ({
    bucket: 'raw',
    key: 'a.json',
    size: 3,
    etag: 'abc',
    eventName: 'ObjectCreated:Put',
    ...given,
  });

  test.each([
    ['weatherapi/current/dt=2026-11-22/x.json', 'weatherapi/current/dt%3D2026-11-22/x.json'],
    ['red flower.jpg', 'red+flower.jpg'],
    ['a+b', 'a%2Bb'],
    ['100%', '100%25'],
    ['a%2Fb', 'a%252Fb'],
    ['Besançon/日本/🚴/e\u0301', 'Besan%C3%A7on/%E6%97%A5%E6%9C%AC/%F0%9F%9A%B4/e%CC%81'],
    ["it's_(1)!", 'it%27s_%281%29%21'],
    ['*.-_', '*.-_'],
    ['~@:;,$&?#', '%7E%40%3A%3B%2C%24%26%3F%23'],
    ['"<>[]{}|\\^`', '%22%3C%3E%5B%5D%7B%7D%7C%5C%5E%60'],
    ['line\nbreak\ttab\u0001\u007f', 'line%0Abreak%09tab%01%7F'],
    ['//double//dots/../and/./more', '//double//dots/../and/./more'],
  ])('has the key %j as %s, and the function reads it as it was', (key, encoded) => {
    expect(encodeKey(key)).toBe(encoded);
    expect(objectsIn(s3Event(created({ key }), region))).toMatchObject([{ bucket: 'raw', key }]);
  });

  test('has what S3 documents', () => {
    const event = s3Event(created({ eventName: 'ObjectCreated:Copy', size: 12 }), 'eu-central-1');
    expect(JSON.parse(event)).toEqual({
      Records: [
        {
          eventVersion: '2.1',
          eventSource: 'aws:s3',
          awsRegion: 'eu-central-1',
          eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          eventName: 'ObjectCreated:Copy',
          s3: {
            s3SchemaVersion: '1.0',
            bucket: { name: 'raw', arn: 'arn:aws:s3:::raw' },
            object: {
              key: 'a.json',
              size: 12,
              eTag: 'abc',
              sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
            },
          },
        },
      ],
    });
  });

  test('of a removed object has no size and no ETag', () => {
    const removed = { bucket: 'raw', key: 'a.json', eventName: 'ObjectRemoved:Delete' };
    const [record] = JSON.parse(s3Event(removed, region)).Records;
    expect(record.eventName).toBe('ObjectRemoved:Delete');
    expect(Object.keys(record.s3.object)).toEqual(['key', 'sequencer']);
    expect(objectsIn(s3Event(removed, region))).toMatchObject([
      { bucket: 'raw', key: 'a.json', size: undefined },
    ]);
  });

  test('that is later has a greater sequencer', () => {
    const sequencers = Array.from({ length: 300 }, () => {
      const { Records } = JSON.parse(s3Event(created(), region));
      return Records[0].s3.object.sequencer as string;
    });
    expect([...new Set(sequencers)].sort()).toEqual(sequencers);
  });
});
