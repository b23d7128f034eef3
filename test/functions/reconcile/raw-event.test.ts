import { describe, expect, test } from '@jest/globals';
import { createdObjects } from '../../../functions/convert/s3-event.ts';
import { rawEvent } from '../../../shared/raw-event.ts';

const keys = [
  'weatherapi/current/dt=2026-11-22/20261122T050000Z.json',
  'weatherapi/current/my file (1)+ä=%25 100%.json',
  "weatherapi/current/☔️/a&b;c,d:e@f$g!*'()~#[]?.json",
  'weatherapi/current/line\nbreak\u0001"<>\\.json',
];

describe('the event of a replay', () => {
  test.each(keys)('is read by convert as the object %j', (key) => {
    const [object, ...others] = createdObjects(rawEvent({ bucket: 'raw', key, size: 42 }));
    expect(others).toEqual([]);
    expect(object).toMatchObject({ bucket: 'raw', key, size: 42 });
  });

  test('is written as S3 writes its own: + for a space, slashes left alone, a name that tells it from an upload', () => {
    const event = JSON.parse(rawEvent({ bucket: 'raw', key: 'a b/c=d+e.json', size: 1 }));
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
