import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { deadIn } from '../../../functions/reconcile/dead.ts';
import { DeadLetters } from '../../../shared/dead-letters.ts';
import { objectEvent } from '../../../shared/s3-event.ts';
import { type Aws, startAws } from '../../aws.ts';

let aws: Aws;
let deadLetters: DeadLetters;
beforeAll(async () => {
  aws = await startAws();
  const queues = [
    { function: 'convert', url: aws.deadLettersUrl },
    { function: 'compact', url: aws.compactDeadLettersUrl },
  ] as const;
  deadLetters = new DeadLetters(aws.sqs, queues, 0);
});
afterEach(() => aws.empty());
afterAll(() => aws.stop());

const bury = (key: string) =>
  aws.emulator.send(aws.deadLettersUrl, objectEvent({ bucket: 'raw', key, size: 1 }));
const buryDay = (key: string) =>
  aws.emulator.send(aws.compactDeadLettersUrl, objectEvent({ bucket: 'curated', key, size: 0 }));

describe('a look into the dead-letter queues', () => {
  test('finds every raw key and every day, and leaves every letter where it was, visible', async () => {
    const keys = Array.from({ length: 25 }, (_, index) => `weatherapi/current/dt=2026-11-22/${index}.json`);
    const days = Array.from({ length: 12 }, (_, index) => `weatherapi/current/dt=2026-11-${index + 10}/`);
    for (const key of keys) bury(key);
    for (const day of days) buryDay(day);

    const dead = await deadIn(deadLetters);

    expect([...dead.keys].sort()).toEqual(keys.sort());
    expect([...dead.days].sort()).toEqual(days);
    expect(dead.complete).toBe(true);
    expect(aws.emulator.queueDepth(aws.deadLettersUrl)).toEqual({ visible: 25, inFlight: 0, delayed: 0 });
    expect(aws.emulator.queueDepth(aws.compactDeadLettersUrl)).toMatchObject({ visible: 12, inFlight: 0 });
  });

  test('takes letters that SQS moved there by itself, which name a part, for their days, and passes over those that name no object', async () => {
    bury('weatherapi/current/crashed twice.json');
    buryDay('weatherapi/current/dt=2026-11-22/20261122T050000Z.parquet');
    for (const url of [aws.deadLettersUrl, aws.compactDeadLettersUrl])
      aws.emulator.send(url, 'no event at all');

    expect(await deadIn(deadLetters)).toEqual({
      keys: new Set(['weatherapi/current/crashed twice.json']),
      days: new Set(['weatherapi/current/dt=2026-11-22/']),
      complete: true,
    });
  });

  test('ends at its limit, and says that there are more', async () => {
    for (let index = 0; index < 80; index++) bury(`${index}`);

    const { keys, complete } = await deadIn(deadLetters, 20);

    expect(keys.size).toBeGreaterThanOrEqual(20);
    expect(keys.size).toBeLessThan(80);
    expect(complete).toBe(false);
    expect(aws.emulator.queueDepth(aws.deadLettersUrl).visible).toBe(80);
  });

  test('has a limit for each queue: many letters of one day do not hide those of objects', async () => {
    for (let index = 0; index < 60; index++) bury(`${index}`);
    for (let index = 0; index < 200; index++) buryDay(`weatherapi/current/dt=2026-11-22/${index}.parquet`);

    const { keys, days, complete } = await deadIn(deadLetters, 100);

    expect(keys.size).toBe(60);
    expect([...days]).toEqual(['weatherapi/current/dt=2026-11-22/']);
    expect(complete).toBe(false);
    expect((await deadIn(deadLetters, 201)).complete).toBe(true);
    expect(aws.emulator.queueDepth(aws.compactDeadLettersUrl)).toMatchObject({ visible: 200, inFlight: 0 });
  });
});
