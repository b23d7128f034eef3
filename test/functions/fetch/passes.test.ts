import { describe, expect, test } from '@jest/globals';
import { askInPasses, type Pause } from '../../../functions/fetch/passes.ts';
import type { Answer, Unanswered } from '../../../functions/fetch/weatherapi.ts';
import { VirtualClock } from './virtual-clock.ts';

const line = Buffer.from('{}');
const transient: Unanswered = { kind: 'transient', reason: 'connection failed: ECONNRESET' };
const refused: Unanswered = { kind: 'refused', reason: 'HTTP 200, but convert would refuse the body: empty' };
const never = new AbortController().signal;

/** Asks for places of which each answer takes its time, of a clock that does not. */
async function passes(
  count: number,
  answerOf: (place: number, time: number) => { readonly answer: Unanswered | 'data'; readonly takes: number },
  { deadline = never, clock = new VirtualClock() } = {},
) {
  const start = clock.now();
  /** When each place was asked for, in milliseconds since the start. */
  const asked: number[][] = Array.from({ length: count }, () => []);
  const pauses: Pause[] = [];
  const ask = async (place: number): Promise<Answer> => {
    const time = clock.now() - start;
    asked[place]?.push(time);
    const { answer, takes } = answerOf(place, time);
    await clock.sleep(takes);
    return answer === 'data' ? { kind: 'data', line, tries: 1 } : { ...answer, tries: 1 };
  };
  const work = askInPasses([...asked.keys()], ask, {
    clock,
    deadline,
    onPause: (pause) => pauses.push(pause),
  });
  const { result, milliseconds } = await clock.until(work);
  return { outcomes: result, milliseconds, asked, pauses };
}

describe('an outage', () => {
  test.each([2, 5, 10, 45])(
    'of %i s in which connections are cut costs none of 40 places [outage]',
    async (seconds) => {
      const { outcomes, asked } = await passes(40, (_place, time) =>
        time < seconds * 1000 ? { answer: transient, takes: 20 } : { answer: 'data', takes: 200 },
      );
      expect(outcomes.filter(({ kind }) => kind !== 'data')).toEqual([]);
      // Nor is the provider overrun when it is back, or hammered while it is not.
      expect(Math.max(...asked.map((times) => times.length))).toBeLessThan(12);
    },
  );

  test.each([2, 5, 10, 45])(
    'of %i s in which nothing answers costs none of 40 places [outage]',
    async (seconds) => {
      const { outcomes } = await passes(40, (_place, time) =>
        time < seconds * 1000 ? { answer: transient, takes: 10_000 } : { answer: 'data', takes: 200 },
      );
      expect(outcomes.filter(({ kind }) => kind !== 'data')).toEqual([]);
    },
  );

  test('that lasts is waited out for a minute after the first pass, and no longer', async () => {
    const { outcomes, milliseconds, asked } = await passes(40, () => ({ answer: transient, takes: 20 }));
    expect(outcomes).toHaveLength(40);
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['transient']));
    expect(milliseconds).toBeGreaterThanOrEqual(60_000);
    expect(milliseconds).toBeLessThan(62_000);
    expect(outcomes[0]?.tries).toBe(asked[0]?.length);
  });

  test('concerns only the places without data: the others are asked for once', async () => {
    const { asked } = await passes(3, (place, time) =>
      place === 1 && time < 5_000 ? { answer: transient, takes: 20 } : { answer: 'data', takes: 20 },
    );
    expect(asked.map((times) => times.length)).toEqual([1, expect.any(Number), 1]);
    expect(asked[1]?.length).toBeGreaterThan(3);
  });
});

test('answers that make no sense get their three tries and no more', async () => {
  const { outcomes, asked, milliseconds } = await passes(2, (place) => ({
    answer: place === 0 ? refused : 'data',
    takes: 20,
  }));
  expect(asked.map((times) => times.length)).toEqual([3, 1]);
  expect(outcomes).toEqual([
    { ...refused, place: 0, tries: 3 },
    { kind: 'data', place: 1, tries: 1 },
  ]);
  expect(milliseconds).toBeLessThan(4_000);
});

describe('a pause', () => {
  test('is half a second at least, whatever Retry-After says, and grows [retry-after]', async () => {
    const { asked } = await passes(1, () => ({ answer: { ...transient, retryAfter: 0 }, takes: 0 }));
    const times = asked[0] ?? [];
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(500);
    expect(waits[3]).toBeGreaterThanOrEqual(4_000);
    expect(times.at(-1)).toBeGreaterThanOrEqual(59_999);
    expect(times.at(-1)).toBeLessThan(61_000);
  });

  test('is as long as Retry-After says', async () => {
    const { asked } = await passes(1, (_place, time) =>
      time < 20_000
        ? { answer: { ...transient, retryAfter: 20_000 }, takes: 0 }
        : { answer: 'data', takes: 0 },
    );
    expect(asked).toEqual([[0, 20_000]]);
  });

  test('is not begun for a place that asks for more than there is time [retry-after]', async () => {
    const { outcomes, asked } = await passes(1, () => ({
      answer: { ...transient, retryAfter: 3_600_000 },
      takes: 0,
    }));
    expect(asked).toEqual([[0]]);
    expect(outcomes).toMatchObject([{ kind: 'transient', tries: 1 }]);
  });

  test('is told of: what is waited for, and how long', async () => {
    const { pauses } = await passes(3, (place, time) =>
      place > 0 && time < 900 ? { answer: transient, takes: 20 } : { answer: 'data', takes: 20 },
    );
    expect(pauses[0]).toEqual({ places: 2, seconds: 1, reason: transient.reason });
  });

  test('ends with the deadline: nothing is asked for after it', async () => {
    const stop = new AbortController();
    const clock = new VirtualClock();
    void clock.sleep(5_000).then(() => stop.abort('the run was out of time'));
    const { outcomes, asked, milliseconds } = await passes(9, () => ({ answer: transient, takes: 20 }), {
      deadline: stop.signal,
      clock,
    });
    // An answer that is on its way is waited for.
    expect(milliseconds).toBeGreaterThanOrEqual(5_000);
    expect(milliseconds).toBeLessThanOrEqual(5_020);
    expect(Math.max(...asked.flat())).toBeLessThan(5_000);
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(9).fill('transient'));
  });
});
