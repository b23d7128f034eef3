import { expect, test } from '@jest/globals';
import type { ObjectCreated } from '../../local/aws/emulator.ts';
import { s3Event, s3TestEvent } from '../../local/notification.ts';
import { createdObjects, encodeKey } from '../../shared/s3-event.ts';

function created(given: Partial<ObjectCreated> = {}): ObjectCreated {
  return { bucket: 'raw', key: 'a.json', size: 3, etag: 'abc', eventName: 'ObjectCreated:Put', ...given };
}

function sequencerOf(event: string): string {
  return (JSON.parse(event) as { Records: [{ s3: { object: { sequencer: string } } }] }).Records[0].s3.object
    .sequencer;
}

test.each([
  ['weatherapi/current/dt=2026-11-22/x.json', 'weatherapi/current/dt%3D2026-11-22/x.json'],
  ['red flower.jpg', 'red+flower.jpg'],
  ['a+b', 'a%2Bb'],
  ['100%', '100%25'],
  ['a%2Fb', 'a%252Fb'],
  ['Besançon/日本/🚴', 'Besan%C3%A7on/%E6%97%A5%E6%9C%AC/%F0%9F%9A%B4'],
  ["it's_(1)!", 'it%27s_%281%29%21'],
  ['*.-_', '*.-_'],
  ['~@:;,$&?#', '%7E%40%3A%3B%2C%24%26%3F%23'],
  ['"<>[]{}|\\^`', '%22%3C%3E%5B%5D%7B%7D%7C%5C%5E%60'],
  ['line\nbreak\ttab', 'line%0Abreak%09tab'],
])('the key %j stands in an event as %s', (key, encoded) => {
  expect(encodeKey(key)).toBe(encoded);
});

test.each([
  'weatherapi/current/dt=2026-11-22/20261122T050000Z.json',
  ' leading, trailing and  double spaces ',
  'plus + and %2B and %20 and %',
  '//double//slashes//',
  'Besançon/日本/🚴/e\u0301',
  'odd&<>\'"*?#:;,@$!()[]{}|^~`\\.json',
  'dots/../and/./more',
  '\n\t\u0001\u007f',
])('the function reads the key %j out of the event as it was', (key) => {
  expect(createdObjects(s3Event(created({ key }), 'us-east-1'))).toEqual([
    expect.objectContaining({ bucket: 'raw', key }),
  ]);
});

test('the event has what S3 documents', () => {
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

test('a later event has a greater sequencer', () => {
  const sequencers = Array.from({ length: 300 }, () => sequencerOf(s3Event(created(), 'us-east-1')));
  expect([...new Set(sequencers)].sort()).toEqual(sequencers);
});

test('the function takes the test event for one that tells of no object', () => {
  expect(JSON.parse(s3TestEvent('raw'))).toMatchObject({
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Bucket: 'raw',
  });
  expect(createdObjects(s3TestEvent('raw'))).toEqual([]);
});
