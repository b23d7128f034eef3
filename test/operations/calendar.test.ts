import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type CalendarOptions, calendar } from '../../operations/calendar/calendar.ts';
import { type QueuedLetter, queuedLetters } from '../../operations/letters/queued-letters.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../shared/datasets/weatherapi-forecast.ts';
import { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';
import { curatedKeysOf, placeDayKey, rawKey } from '../../shared/keys.ts';
import { runEnded } from '../../shared/run-log.ts';
import { current, hours, type Lake, now, startLake } from './lake.ts';

describe('the calendar', () => {
  let lake: Lake;
  beforeAll(async () => {
    lake = await startLake();
  });
  afterEach(async () => {
    lake.logged.length = 0;
    await lake.empty();
  });
  afterAll(() => lake.stop());

  const of = (options: Partial<CalendarOptions> = {}) =>
    calendar(lake.live.observed, {
      dataset: weatherapiCurrent,
      view: 'hours',
      until: '2026-11-22',
      now,
      stateDir: lake.state,
      letters: queuedLetters(lake.live.deployed.runtime, lake.live.deployed.outputs),
      answersForAnyTime: true,
      ...options,
    });
  const cellsOf = async (options?: Partial<CalendarOptions>) => {
    const { cells } = await of(options);
    return (at: string) => cells.find((cell) => cell.at.startsWith(at));
  };
  const keyOf = (at: string) => rawKey(weatherapiCurrent, new Date(`${at}:00:00Z`));
  const run = (at: string, upTo?: 'raw' | 'curated' | 'compacted') =>
    lake.land(keyOf(at), [current('Oslo', `${at}:00Z`), current('Lagos', `${at}:00Z`)].join('\n'), {
      ...(upTo ? { upTo } : {}),
    });
  const ended = (at: string, end: object) =>
    lake.logged.push({
      function: 'fetch',
      at: new Date(`${at}:00:30Z`),
      text: '',
      members: {
        message: runEnded,
        dataset: 'weatherapi/current',
        scheduledTime: `${at}:00:00.000Z`,
        skipped: [],
        failed: [],
        ...end,
      },
    });
  const letter = (of: Partial<QueuedLetter>): QueuedLetter => ({
    id: 'letter',
    function: 'convert',
    code: 'not-json',
    reason: 'Line 2 is not JSON',
    key: null,
    keys: [],
    sentAt: now,
    tries: 1,
    body: '',
    ...of,
  });

  test('has a cell for each hour of six weeks, with its rows, its raw object and no reason when all is well', async () => {
    await run('2026-11-22T05');
    const { cells } = await of();
    expect(cells).toHaveLength(42 * 24);
    expect(cells[0]?.at).toBe('2026-10-12T00:00:00.000Z');
    expect(cells.at(-1)?.at).toBe('2026-11-22T23:00:00.000Z');
    expect(cells.find(({ at }) => at.startsWith('2026-11-22T05'))).toEqual({
      at: '2026-11-22T05:00:00.000Z',
      state: 'compacted',
      reason: null,
      rows: 2,
      rawKey: keyOf('2026-11-22T05'),
      action: null,
    });
  });

  test('tells how far each run has come, and why it goes no further', async () => {
    await run('2026-11-22T03', 'raw');
    await run('2026-11-21T04', 'curated');
    ended('2026-11-22T05', { outcome: 'skipped', skipped: [{ location: 'Oslo', reason: 'HTTP 503' }] });
    ended('2026-11-22T06', { outcome: 'failed', reason: 'the key is not valid' });
    await run('2026-11-22T07');
    ended('2026-11-22T07', { outcome: 'landed', failed: [{ location: 'Bergen', reason: 'HTTP 400' }] });
    const cell = await cellsOf();
    const told = (at: string) => [cell(at)?.state, cell(at)?.reason];
    expect(told('2026-11-22T03')).toEqual(['landed', 'It landed, and waits for convert.']);
    expect(told('2026-11-21T04')).toEqual(['converted', 'It is converted, and waits for compact.']);
    expect(told('2026-11-22T05')).toEqual(['skipped', 'Oslo: HTTP 503.']);
    expect(told('2026-11-22T06')).toEqual(['failed', 'The key is not valid.']);
    expect(told('2026-11-22T07')).toEqual(['compacted', 'Not all places landed. Bergen: HTTP 400.']);
    expect(told('2026-11-22T08')).toEqual(['missing', 'Never started.']);
    expect(told('2026-11-22T11')).toEqual(['due', null]);
    expect(told('2026-11-14T23')).toEqual(['none', 'Nothing landed before the first deploy.']);
  });

  test('offers a run for a missing hour that the API still answers for', async () => {
    const action = async (answersForAnyTime: boolean, at: string, when = now) =>
      (await cellsOf({ answersForAnyTime, now: when }))(at)?.action;
    const ofRun = (at: string) => ({ kind: 'run', dataset: 'weatherapi/current', at: `${at}:00:00.000Z` });
    expect(await action(true, '2026-11-22T05')).toEqual(ofRun('2026-11-22T05'));
    expect(await action(false, '2026-11-22T05')).toBeNull();
    expect(await action(false, '2026-11-22T10')).toEqual(ofRun('2026-11-22T10'));
    expect(await action(true, '2026-11-22T23')).toBeNull();
    expect((await of({ answersForAnyTime: true })).action).toEqual({
      ...{ kind: 'backfill', dataset: 'weatherapi/current', from: '2026-11-15', to: '2026-11-22' },
    });
  });

  test('offers to send again what nobody has worked on for long', async () => {
    await run('2026-11-22T05', 'raw');
    const later = new Date(Date.now() + 16 * 60_000);
    expect((await cellsOf({ now: later }))('2026-11-22T05')?.action).toEqual({ kind: 'reconcile' });
    expect((await cellsOf({ now: new Date() }))('2026-11-22T05')?.action).toBeNull();
  });

  test('shows a dead letter with its reason, and offers to redrive it', async () => {
    await run('2026-11-22T05', 'raw');
    await run('2026-11-21T05', 'curated');
    await run('2026-11-20T05');
    const [curated = ''] = curatedKeysOf(keyOf('2026-11-21T05'));
    const letters = [
      letter({ id: 'a', keys: [keyOf('2026-11-22T05')] }),
      letter({ id: 'b', function: 'compact', code: 'changed-type', keys: [curated] }),
      letter({ id: 'c', function: 'compact', keys: curatedKeysOf(keyOf('2026-11-20T05')) }),
    ];
    const cell = await cellsOf({ letters });
    expect(cell('2026-11-22T05')).toMatchObject({
      state: 'dead',
      reason: 'Line 2 is not JSON.',
      action: { kind: 'redrive', ids: ['a'] },
    });
    expect(cell('2026-11-21T05')).toMatchObject({ state: 'dead', action: { ids: ['b'] } });
    expect(cell('2026-11-20T05')).toMatchObject({ state: 'compacted', action: null });
  });

  test('reads dead letters and leaves them in sight of everybody else', async () => {
    const body = JSON.stringify({
      Records: [
        {
          eventSource: 'aws:s3',
          eventName: 'ObjectCreated:Put',
          s3: { bucket: { name: 'raw' }, object: { key: keyOf('2026-11-22T05'), size: 1, eTag: 'x' } },
        },
      ],
    });
    const id = lake.emulator.send(lake.deadLettersUrl, body);
    expect(queuedLetters(lake.live.deployed.runtime, lake.live.deployed.outputs)).toMatchObject([
      { id, function: 'convert', code: 'not-recorded', keys: [keyOf('2026-11-22T05')] },
    ]);
    expect(lake.emulator.queueDepth(lake.deadLettersUrl)).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  test('counts the rows of a dropped file in the hours that they are of', async () => {
    const key = 'weatherapi/current/dt=2026-11-22/week.json';
    const at = ['2026-11-22T01:00Z', '2026-11-22T01:30Z', '2026-11-22T02:00Z', '2026-11-22T05:15Z'];
    await run('2026-11-22T05');
    await lake.land(key, at.map((each) => current('Bergen', each)).join('\n'));
    const cell = await cellsOf();
    expect(cell('2026-11-22T01')).toMatchObject({ state: 'compacted', rows: 2, rawKey: key, action: null });
    expect(cell('2026-11-22T02')).toMatchObject({ state: 'compacted', rows: 1 });
    expect(cell('2026-11-22T05')).toMatchObject({ rows: 3, reason: null });
    expect(cell('2026-11-22T03')).toMatchObject({ state: 'missing', rows: null });
  });

  test('has a cell for each day of a year, in the state of its worst run', async () => {
    for (const hour of ['03', '04', '05']) await run(`2026-11-22T${hour}`);
    ended('2026-11-22T06', { outcome: 'skipped', reason: 'the quota is spent' });
    await lake.land('weatherapi/current/dt=2026-03-01/old.json', current('Oslo', '2026-03-01T00:00Z'));
    const { cells } = await of({ view: 'year' });
    expect(cells).toHaveLength(365);
    expect(cells.at(-1)).toEqual({
      at: '2026-11-22T00:00:00.000Z',
      state: 'missing',
      reason: '7 of 24 runs are missing. Never started.',
      rows: 6,
      rawKey: null,
      action: { kind: 'backfill', dataset: 'weatherapi/current', from: '2026-11-22', to: '2026-11-22' },
    });
    expect(cells.find(({ at }) => at.startsWith('2026-03-01'))).toMatchObject({
      state: 'compacted',
      rows: 1,
      rawKey: 'weatherapi/current/dt=2026-03-01/old.json',
    });
  });

  test('has one cell per day where each place has its day, and says which places lack it', async () => {
    const day = (place: string, of: string) =>
      lake.land(placeDayKey(weatherapiHistory, of, place), hours(place, now, `${of}T00:00Z`, [1, 2, 3]));
    for (const place of ['Oslo', 'Lagos', 'Bergen']) await day(place, '2026-11-18');
    await day('Oslo', '2026-11-19');
    await day('Bergen', '2026-03-01');
    for (const view of ['hours', 'year'] as const) {
      const { cells, action } = await of({ dataset: weatherapiHistory, view });
      const cell = (at: string) => cells.find((each) => each.at.startsWith(at));
      const backfill = (from: string, to = from) => ({
        kind: 'backfill',
        dataset: 'weatherapi/history',
        from,
        to,
      });
      expect(cells).toHaveLength(view === 'hours' ? 42 : 365);
      expect(cell('2026-11-18')).toMatchObject({ state: 'compacted', rows: 9, reason: null, action: null });
      expect(cell('2026-11-19')).toMatchObject({
        state: 'missing',
        reason: 'Lagos: missing.',
        rows: 3,
        action: backfill('2026-11-19'),
      });
      expect(cell('2026-11-20')).toMatchObject({ state: 'missing', action: backfill('2026-11-20') });
      expect(cell('2026-11-22')).toMatchObject({ state: 'due', action: null });
      expect(cell('2026-10-20')).toMatchObject({ state: 'none', action: backfill('2026-10-20') });
      expect(action).toEqual(backfill('2026-11-14', '2026-11-20'));
      if (view === 'year') expect(cell('2026-03-01')).toMatchObject({ state: 'compacted', rows: 3 });
    }
  });

  test('offers to replay a day that earlier code made', async () => {
    await run('2026-11-22T05');
    const [{ dataset, cells }] = [await of({ view: 'year', dataset: { ...weatherapiCurrent, version: 99 } })];
    expect(cells.at(-1)?.reason).toContain('missing');
    await Promise.all(
      Array.from({ length: 11 }, (_, hour) => run(`2026-11-22T${String(hour).padStart(2, '0')}`, 'curated')),
    );
    await run('2026-11-22T10');
    const replayed = await of({ view: 'year', dataset: { ...weatherapiCurrent, version: 99 } });
    expect(replayed.cells.at(-1)).toMatchObject({
      state: 'compacted',
      reason: `It is made by version ${weatherapiCurrent.version} of the dataset, and the code is at version 99.`,
      action: { kind: 'replay', dataset, from: '2026-11-22', to: '2026-11-22' },
    });
  });

  test('shows what is there of a dataset that nothing fetches, and calls nothing of it missing', async () => {
    const key = rawKey(weatherapiForecast, new Date('2026-11-22T06:00Z'));
    await lake.land(key, hours('Oslo', now, now, [1, 2]));
    const { cells, action } = await of({ dataset: weatherapiForecast });
    expect(cells.filter(({ state }) => state !== 'none')).toMatchObject([
      { at: '2026-11-22T06:00:00.000Z', state: 'compacted', rows: 2, rawKey: key },
    ]);
    expect(action).toBeNull();
  });

  test('takes as many requests for a year as for a day', async () => {
    for (const day of ['01', '05', '09', '13', '17', '21']) await run(`2026-11-${day}T05`);
    const before = lake.emulator.requests.length;
    await of({ view: 'year' });
    expect(lake.emulator.requests.slice(before).map(({ action }) => action)).toEqual(
      Array.from({ length: 3 }, () => 'ListObjectsV2'),
    );
  });
});
