import { describe, expect, test } from '@jest/globals';
import { objectEvent, objectsIn } from '../../shared/s3-event.ts';
import { failureOf } from '../functions/convert/converted.ts';
import { created, encoded, s3Message } from '../functions/convert/events.ts';

describe("S3's message", () => {
  test.each([
    'weatherapi/current/dt=2026-11-22/20261122T050000Z.json',
    'weatherapi/current/a file (1) + another.json',
    'weatherapi/current/100%.json',
    'weatherapi/current/%20+%2B.json',
    'weatherapi/current/a=b&c=d;e.json',
    'weatherapi/current/Besançon/日本/🚴.json',
    `weatherapi/current/it's "quoted" <&>!*'()~.json`,
    'weatherapi/current/line\nbreak\ttab.json',
  ])('names the key as it was written: %j', (key) => {
    expect(objectsIn(s3Message(created(key)))).toMatchObject([{ bucket: 'raw', key }]);
  });

  test('as AWS documents it is understood, with all that is not used', () => {
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    const record = {
      eventVersion: '2.6',
      eventSource: 'aws:s3',
      awsRegion: 'us-west-2',
      eventTime: '1970-01-01T00:00:00.000Z',
      eventName: 'ObjectCreated:CompleteMultipartUpload',
      userIdentity: { principalId: 'AIDAJDPLRKLG7UEXAMPLE' },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: { 'x-amz-request-id': 'C3D13FE58DE4C810', 'x-amz-id-2': 'FMyUVURIY8/IgAtTv8xRjskZ' },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'testConfigRule',
        bucket: {
          name: 'amzn-s3-demo-bucket',
          ownerIdentity: { principalId: 'A3NL1KOZZKExample' },
          arn: 'arn:aws:s3:::amzn-s3-demo-bucket',
        },
        object: {
          key: 'HappyFace.jpg',
          size: 1024,
          eTag: 'd41d8cd98f00b204e9800998ecf8427e',
          versionId: '096fKKXTRTtl3on89fVO.nfljtsv6qko',
          sequencer: '0055AED6DCD90281E5',
        },
      },
      glacierEventData: { restoreEventData: { lifecycleRestorationExpiryTime: '1970-01-01T00:00:00.000Z' } },
      somethingNew: { since: 2030 },
    };
    expect(objectsIn(JSON.stringify({ Records: [record], also: 'new' }))).toEqual([
      { bucket: 'amzn-s3-demo-bucket', key: 'HappyFace.jpg', size: 1024, record },
    ]);
  });

  test('may have any event version, or none', () => {
    for (const eventVersion of ['2.0', '2.1', '2.2', '2.3', '3.0', '10.7', undefined]) {
      const body = s3Message({ ...created('a.json'), eventVersion });
      expect(objectsIn(body)).toMatchObject([{ key: 'a.json' }]);
    }
  });

  test('may name an object that was removed', () => {
    for (const eventName of ['ObjectRemoved:Delete', 'ObjectRemoved:DeleteMarkerCreated']) {
      const body = s3Message({ ...created('a.json', { size: null }), eventName });
      expect(objectsIn(body)).toMatchObject([{ key: 'a.json', size: undefined }]);
    }
  });

  test('may name several objects', () => {
    const body = s3Message(created('a.json'), created('b.json', { bucket: 'other', size: null }));
    expect(objectsIn(body)).toMatchObject([
      { bucket: 'raw', key: 'a.json', size: 512 },
      { bucket: 'other', key: 'b.json', size: undefined },
    ]);
  });

  test('names no object when it is the test event', () => {
    // What S3 sends when a notification is set up.
    const body = JSON.stringify({
      Service: 'Amazon S3',
      Event: 's3:TestEvent',
      Time: '2014-10-13T15:57:02.089Z',
      Bucket: 'raw',
      RequestId: '5582815E1AEA5ADF',
      HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE',
    });
    expect(objectsIn(body)).toEqual([]);
  });
});

describe('any other message is malformed:', () => {
  const restored = { ...created('a.json'), eventName: 'ObjectRestore:Completed' };
  const unencoded = { ...created('a.json'), s3: { bucket: { name: 'raw' }, object: { key: '100%' } } };
  test.each([
    ['no JSON', 'hello', 'not JSON'],
    ['nothing', '', 'not JSON'],
    ['JSON of another kind', '"s3:TestEvent"', 'not an S3 event'],
    ['null', 'null', 'not an S3 event'],
    ['an empty object', '{}', 'Records'],
    ['no records', '{"Records":[]}', 'Records'],
    ['records that are no array', '{"Records":{}}', 'Records'],
    ['a record of nothing', '{"Records":[null]}', 'Records.0'],
    [
      'a record without a key',
      s3Message({ ...created('a'), s3: { bucket: { name: 'raw' }, object: {} } }),
      'Records.0.s3.object.key',
    ],
    ['an object that was restored', s3Message(restored), 'Records.0.eventName'],
    ['one good record among others', s3Message(created('a.json'), {}), 'Records.1'],
    ['a key that is not URL-encoded', s3Message(unencoded), '"100%" is not URL-encoded'],
    [
      "EventBridge's form",
      JSON.stringify({ source: 'aws.s3', detail: { object: { key: 'a.json' } } }),
      'Records',
    ],
    [
      "SNS's envelope",
      JSON.stringify({ Type: 'Notification', Message: s3Message(created('a.json')) }),
      'Records',
    ],
    ['another test event', '{"Event":"s3:OtherEvent"}', 'Records'],
  ])('%s', async (_what, body, reason) => {
    const failure = await failureOf(() => objectsIn(body));
    expect(failure.code).toBe('malformed-message');
    expect(failure.message).toContain(reason);
  });
});

test('the tests encode keys as S3 does', () => {
  expect(encoded('a b+c/dt=2026-11-22/ü%.json')).toBe('a+b%2Bc/dt%3D2026-11-22/%C3%BC%25.json');
});

const replayedKeys = [
  'weatherapi/current/dt=2026-11-22/20261122T050000Z.json',
  'weatherapi/current/my file (1)+ä=%25 100%.json',
  "weatherapi/current/☔️/a&b;c,d:e@f$g!*'()~#[]?.json",
  'weatherapi/current/line\nbreak\u0001"<>\\.json',
];

describe('the event of a replay', () => {
  test.each(replayedKeys)('is read by convert as the object %j', (key) => {
    const [object, ...others] = objectsIn(objectEvent({ bucket: 'raw', key, size: 42 }));
    expect(others).toEqual([]);
    expect(object).toMatchObject({ bucket: 'raw', key, size: 42 });
  });

  test('is written as S3 writes its own: + for a space, slashes left alone, a name that tells it from an upload', () => {
    const event = JSON.parse(objectEvent({ bucket: 'raw', key: 'a b/c=d+e.json', size: 1 }));
    expect(event).toEqual({
      Records: [
        {
          eventName: 'ObjectCreated:Replay',
          s3: { bucket: { name: 'raw' }, object: { key: 'a+b/c%3Dd%2Be.json', size: 1 } },
        },
      ],
    });
  });
});
