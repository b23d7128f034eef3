import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sendDeadLetter } from '../../../functions/data-stage/dead-letter.ts';
import { deadKeysIn } from '../../../functions/reconcile/reconcile.ts';
import { DeadLetters } from '../../../shared/dead-letters.ts';
import { objectEvent } from '../../../shared/s3-event.ts';
import { type Aws, startAws } from '../../aws.ts';

let aws: Aws;
beforeAll(async () => {
  aws = await startAws();
});
afterEach(() => aws.empty());
afterAll(() => aws.stop());

const deadLetters = () => new DeadLetters(aws.sqs, aws.deadLettersUrl, 0);
const event = (key: string) => objectEvent({ bucket: 'raw', key, size: 1 });

describe('a look into the dead-letter queue', () => {
  test('finds every key, and leaves every letter where it was, visible', async () => {
    const keys = Array.from({ length: 25 }, (_, index) => `weatherapi/current/dt=2026-11-22/${index}.json`);
    for (const rawKey of keys) {
      const letter = { body: event(rawKey), code: 'not-json', reason: 'x', rawKey, tries: 1 };
      await sendDeadLetter(aws.sqs, aws.deadLettersUrl, letter);
    }

    const { keys: found, complete } = await deadKeysIn(deadLetters());

    expect([...found].sort()).toEqual(keys.sort());
    expect(complete).toBe(true);
    expect(aws.emulator.queueDepth(aws.deadLettersUrl)).toEqual({ visible: 25, inFlight: 0, delayed: 0 });
  });

  test('knows letters that SQS moved there by itself, and passes over those that name no object', async () => {
    aws.emulator.send(aws.deadLettersUrl, event('weatherapi/current/crashed twice.json'));
    aws.emulator.send(aws.deadLettersUrl, 'no event at all');

    const { keys } = await deadKeysIn(deadLetters());

    expect([...keys]).toEqual(['weatherapi/current/crashed twice.json']);
  });

  test('ends at its limit, and says that there are more', async () => {
    for (let index = 0; index < 30; index++) aws.emulator.send(aws.deadLettersUrl, event(`${index}`));

    const { keys, complete } = await deadKeysIn(deadLetters(), 20);

    expect(keys.size).toBeGreaterThanOrEqual(20);
    expect(complete).toBe(false);
    expect(aws.emulator.queueDepth(aws.deadLettersUrl).visible).toBe(30);
  });
});
