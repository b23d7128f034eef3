import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { longestText, rawRecord } from '../../operations/record/raw-record.ts';
import type { Sought } from '../../operations/record/sought-rows.ts';
import { current, hours, type Lake, startLake } from './lake.ts';

const key = 'weatherapi/current/dt=2026-11-22/20261122T050000Z.json';
const forecastKey = 'weatherapi/forecast/dt=2026-11-22/20261122T060000Z.json';

describe('the record that a row came from', () => {
  let lake: Lake;
  beforeAll(async () => {
    lake = await startLake();
  });
  afterEach(() => lake.empty());
  afterAll(() => lake.stop());

  const at = (text: string) => new Date(`2026-11-${text}:00Z`);
  const recordOf = (of: string, sought: Sought = {}) =>
    rawRecord({ s3: lake.s3, bucket: 'raw' }, of, sought, lake.live.signal);
  const lines = [
    current('Oslo', at('22T05:00'), 1),
    current('Lagos', at('22T05:00'), 2),
    current('Oslo', at('22T05:15'), 3),
  ];

  test.each([
    ['plain', (text: string) => Buffer.from(text)],
    ['packed', (text: string) => gzipSync(text)],
  ])('is the line with its place and its time in a %s object', async (_how, bytes) => {
    await lake.put('raw', key, bytes(`${lines.join('\n')}\n`));
    const found = (line: number) => ({ key, line, lines: 3, text: lines[line - 1] });
    expect(await recordOf(key, { place: 'Lagos', at: at('22T05:00') })).toEqual(found(2));
    expect(await recordOf(key, { place: 'Oslo', at: at('22T05:15') })).toEqual(found(3));
    expect(await recordOf(key, { place: 'Oslo', at: at('22T09:00') })).toEqual(found(1));
    expect(await recordOf(key, { at: at('22T05:15') })).toEqual(found(3));
    expect(await recordOf(key)).toEqual(found(1));
    expect(await recordOf(key, { place: 'Bergen' })).toBeUndefined();
  });

  test('is an element of an array, and one document that has line breaks', async () => {
    await lake.put('raw', key, `[\n${lines.join(',\n')}\n]`);
    expect(await recordOf(key, { place: 'Lagos' })).toEqual({ key, line: 2, lines: 3, text: lines[1] });
    const document = JSON.stringify(JSON.parse(lines[0] ?? ''), null, 2);
    await lake.put('raw', key, `${document}\n`);
    expect(await recordOf(key, { place: 'Oslo' })).toEqual({ key, line: 1, lines: 1, text: document });
  });

  test('is the answer that has the hour or the day of a row', async () => {
    const answers = ['22', '23'].map((day) => hours('Oslo', at('22T06:00'), at(`${day}T00:00`), [1, 2, 3]));
    await lake.put('raw', forecastKey, answers.join('\n'));
    const lineAt = async (instant: string) =>
      (await recordOf(forecastKey, { place: 'Oslo', at: new Date(instant) }))?.line;
    expect(await lineAt('2026-11-22T01:00Z')).toBe(1);
    expect(await lineAt('2026-11-23T02:00Z')).toBe(2);
    expect(await lineAt('2026-11-23')).toBe(2);
  });

  test('is cut to 64 KB around the time of the row when it is longer, and never amid a character', async () => {
    const answer = JSON.parse(
      hours(
        'Oslo',
        at('22T06:00'),
        at('22T00:00'),
        Array.from({ length: 24 }, () => 1),
      ),
    );
    for (const each of answer.forecast.forecastday[0].hour) each.condition = { text: 'ø€😀'.repeat(3000) };
    await lake.put('raw', forecastKey, JSON.stringify(answer));
    for (const time of ['22T00:00', '22T13:00', '22T23:00']) {
      const { text = '' } = (await recordOf(forecastKey, { place: 'Oslo', at: at(time) })) ?? {};
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(longestText);
      expect(Buffer.byteLength(text)).toBeGreaterThan(longestText - 8);
      expect(text).toContain(`"time_epoch":${at(time).getTime() / 1000},`);
      expect(text).not.toContain('\uFFFD');
    }
  });

  test('is found in an object that was given up since, and nowhere when it is gone or no raw object', async () => {
    await lake.put('raw', `given-up/${key}`, lines.join('\n'));
    expect(await recordOf(key, { place: 'Lagos' })).toMatchObject({ key, line: 2 });
    for (const none of ['weatherapi/current/dt=2026-11-22/no.json', 'other/x.json', '../../lock.db', ''])
      expect(await recordOf(none)).toBeUndefined();
  });

  test('is found before what convert would refuse, and says why when it is behind that', async () => {
    await lake.put('raw', key, `${lines[1]}\n{"location": NaN}\n${lines[0]}`);
    expect(await recordOf(key, { place: 'Lagos' })).toMatchObject({ line: 1 });
    await expect(recordOf(key, { place: 'Oslo' })).rejects.toThrow('Line 2 is not JSON');
  });

  test('is found in a large object a piece at a time', async () => {
    const many = Array.from({ length: 30_001 }, (_, index) => current(`Place ${index}`, at('22T05:00')));
    await lake.put('raw', key, gzipSync(many.join('\n')));
    expect(await recordOf(key, { place: 'Place 29989', at: at('22T05:00') })).toEqual({
      ...{ key, line: 29_990, lines: 30_001 },
      text: many[29_989],
    });
  });
});
