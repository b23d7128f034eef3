import { describe, expect, test } from '@jest/globals';
import type { BreakProgress, Letter } from '../../../console/api.ts';
import { verdictOf } from '../../../console/page/break/verdict.ts';
import { ago, bytes, clock, count, duration } from '../../../console/page/format.ts';
import { healthOf } from '../../../console/page/header/health.ts';
import { groupLetters } from '../../../console/page/letters/groups.ts';
import { sentenceOf } from '../../../console/page/letters/judgement.ts';
import { flowState } from './flow.ts';

describe('numbers', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [999_600, '1 MB'],
    [41_000, '41 kB'],
    [75_430_000, '75.4 MB'],
    [2e12, '2 TB'],
  ])('%i bytes are written "%s"', (value, text) => expect(bytes(value)).toBe(text));

  test.each([
    [4, '4 ms'],
    [510, '0.5 s'],
    [59_600, '1 min'],
    [7_200_000, '2 h'],
    [59.7 * 60_000, '1 h'],
    [47.9 * 3_600_000, '2 d'],
  ])('%d ms are written "%s"', (value, text) => expect(duration(value)).toBe(text));

  test('one thing is singular', () => {
    expect([0, 1, 2000].map((value) => count(value, 'object'))).toEqual([
      '0 objects',
      '1 object',
      '2,000 objects',
    ]);
  });

  test("times are told in UTC, and ages from the server's clock", () => {
    expect(clock('2026-11-22T09:04:41+02:00')).toBe('07:04');
    expect(ago('2026-11-22T07:04:41Z', new Date('2026-11-22T09:04:41Z'))).toBe('2 h ago');
    for (const instant of ['2026-11-22T09:04:42Z', '2026-11-22T09:03:42Z'])
      expect(ago(instant, new Date('2026-11-22T09:04:41Z'))).toBe('less than a minute ago');
  });
});

describe('the header', () => {
  test('says what is needed, and which panel helps', () => {
    const needs = [
      { text: '1 object needs you.', panel: 'letters' },
      { text: '28 runs are missing', panel: 'calendar' },
    ] as const;
    expect(healthOf(flowState({ needs }))).toEqual({
      kind: 'bad',
      parts: [
        { text: '1 object needs you', panel: 'letters' },
        { text: '28 runs are missing', panel: 'calendar' },
      ],
    });
  });

  test('says that nobody is needed, or that nothing has run', () => {
    expect(healthOf(flowState())).toMatchObject({ kind: 'good' });
    expect(healthOf(flowState({ isEmpty: true }))).toMatchObject({ kind: 'idle' });
    expect(healthOf(null)).toMatchObject({ kind: 'idle' });
  });
});

describe('dead letters', () => {
  const letter = (id: string, change: Partial<Letter> = {}): Letter => ({
    id,
    function: 'convert',
    code: 'not-json',
    reason: 'It is not JSON.',
    key: `weatherapi/current/dt=2026-11-22/${id}.json`,
    sentAt: '2026-11-22T07:00:00.000Z',
    tries: 1,
    ...change,
  });
  const now = new Date('2026-11-22T09:00:00Z');

  test('are grouped by their reason, the largest group first, the newest letter first', () => {
    const groups = groupLetters(
      [
        letter('a', { code: 'unknown-dataset' }),
        letter('b'),
        letter('c', { sentAt: '2026-11-22T08:00:00.000Z', tries: 5 }),
      ],
      now,
    );
    expect(groups.map(({ code, letters }) => [code, letters.map(({ id }) => id)])).toEqual([
      ['not-json', ['c', 'b']],
      ['unknown-dataset', ['a']],
    ]);
    expect(groups.map(({ summary }) => summary)).toEqual([
      '2 objects, the newest 1 h ago',
      '1 object, tried once, 2 h ago',
    ]);
  });

  test('of compact are not grouped with those of convert', () => {
    const groups = groupLetters([letter('a'), letter('b', { function: 'compact', tries: 5 })], now);
    expect(groups.map(({ summary }) => summary)).toEqual([
      '1 object, tried once, 2 h ago',
      '1 day, tried 5 times, 2 h ago',
    ]);
  });

  test('are judged in a sentence', () => {
    expect(sentenceOf({ rows: 1, reason: null, mark: null })).toBe('Convert would take it: 1 row.');
    expect(sentenceOf({ rows: null, reason: 'line 2 is not JSON.', mark: [1, 2] })).toBe(
      'Convert would refuse it: line 2 is not JSON.',
    );
  });
});

describe('the verdict', () => {
  const broken = (problems: readonly string[]): BreakProgress => ({
    seed: 42,
    kind: null,
    done: 412,
    of: 412,
    faults: [
      { kind: 'S3: 500', times: 60 },
      { kind: 'S3: event lost', times: 1 },
    ],
    verdict: { objects: 412, inTables: 411, dead: 1, problems },
  });

  test('says that nothing is lost, with the numbers', () => {
    expect(verdictOf(broken([]))).toEqual({
      isGood: true,
      headline: 'Nothing lost: 412 of 412 objects accounted for.',
      rest: '411 in a table, 1 dead. 61 faults, seed 42.',
    });
  });

  test('says that a fault was not hit, which is neither good nor bad', () => {
    expect(verdictOf({ ...broken([]), kind: 'S3: 500', seed: 7, faults: [] })).toMatchObject({
      isGood: undefined,
      headline: 'This fault was not hit with seed 7; try another seed.',
    });
    expect(verdictOf({ ...broken([]), faults: [] })?.headline).toBe(
      'No fault was hit with seed 42; try another seed.',
    );
  });

  test('counts the problems', () => {
    expect(verdictOf(broken(['a.json is lost.']))).toMatchObject({ isGood: false, headline: '1 problem.' });
  });

  test('is not there while it goes on', () => {
    expect(verdictOf({ ...broken([]), verdict: null })).toBeNull();
  });
});
