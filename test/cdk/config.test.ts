import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../cdk/config.ts';
import { maxPlaces } from '../../cdk/run-size.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { weatherapiForecast } from '../../shared/datasets/weatherapi-forecast.ts';
import { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';
import fc, { runs } from '../fast-check.ts';

const current = 'weatherapi/current';
const forecast = 'weatherapi/forecast';
const history = 'weatherapi/history';

/** The configuration of one dataset of Oslo. */
const of = (settings: object, locations: unknown = ['Oslo']) => ({
  locations,
  datasets: { [current]: settings },
});
const theOne = (context: unknown) => {
  const [only, ...others] = parseConfig(context).datasets;
  expect(others).toEqual([]);
  return only;
};

describe('a configuration', () => {
  test('needs no more than places and datasets; the rest has defaults, those of a dataset from its declaration', () => {
    const configured = (dataset: Dataset, freshnessHours: number, options = {}) => ({
      ...{ dataset, locations: ['Oslo'], schedule: dataset.schedule, freshnessHours, options },
    });
    const datasets = { [history]: {}, [current]: {}, [forecast]: {} };
    expect(parseConfig({ locations: ['Oslo'], datasets })).toEqual({
      datasets: [
        configured(weatherapiCurrent, 3),
        configured(weatherapiForecast, 6, { days: '3', alerts: 'yes' }),
        configured(weatherapiHistory, 24),
      ],
      apiUrl: 'https://api.weatherapi.com/v1',
      secretName: 'tdf/weatherapi-key',
      stage: 'dev',
      compactDelay: 60,
      tables: 'compacted',
      retainData: false,
    });
  });

  test('asks the API for the options that a dataset declares: flags only when they are set, texts and numbers', () => {
    const optionsOf = (name: string, settings: object) =>
      parseConfig({ locations: ['Oslo'], datasets: { [name]: settings } }).datasets[0]?.options;
    expect(optionsOf(current, { airQuality: true, pollen: false, language: 'fr' })).toEqual({
      aqi: 'yes',
      lang: 'fr',
    });
    expect(optionsOf(forecast, { days: 14, alerts: false, pollen: true })).toEqual({
      days: '14',
      pollen: 'yes',
    });
  });

  test('has places for all datasets, and others for one of them', () => {
    const datasets = { [current]: {}, [history]: { locations: ['Bergen'] } };
    const placesOf = (context: object) => parseConfig(context).datasets.map(({ locations }) => locations);
    expect(placesOf({ locations: ['Oslo'], datasets })).toEqual([['Oslo'], ['Bergen']]);
    expect(placesOf({ datasets: { [history]: { locations: ['Bergen'] } } })).toEqual([['Bergen']]);
    expect(problemsOf({ datasets })).toEqual([
      `  tdf.datasets.${current}.locations: expected places, here or in "locations" for all datasets (got nothing)`,
    ]);
  });

  test('names every wrong value at once, with what was expected and what came', () => {
    const wrong = {
      locations: ['Oslo', ' ', 7],
      datasets: {
        [current]: { airQuality: 'yes', schedule: 'hourly', freshnessHours: 0, days: 3 },
        [forecast]: { days: 15, language: 'French' },
        'weatherapi/marine': {},
      },
      apiUrl: 'http://api.weatherapi.com/v1',
      secretName: 'tdf weather',
      stage: 'Prod!',
      location: 'Oslo',
    };
    expect(() => parseConfig(wrong)).toThrow(Error);
    const message = messageOf(() => parseConfig(wrong));
    for (const part of [
      'tdf.locations.1: expected a place, got an empty text',
      'tdf.locations.2: expected a text',
      '(got 7)',
      `tdf.datasets.${current}.airQuality: expected true or false (got "yes")`,
      `tdf.datasets.${current}.schedule: expected "cron(…)" or "rate(…)", such as`,
      `tdf.datasets.${current}.freshnessHours: expected at least 1`,
      `tdf.datasets.${current}.days: there is no such setting; there are locations, schedule, freshnessHours, airQuality, pollen, language`,
      `tdf.datasets.${forecast}.days: expected a whole number, 1 to 14 (got 15)`,
      `tdf.datasets.${forecast}.language: expected a code such as "fr" or "zh_tw" (got "French")`,
      `tdf.datasets.weatherapi/marine: there is no such dataset; there are ${current}, ${forecast}, ${history}`,
      'tdf.apiUrl: expected https://',
      'tdf.secretName: expected letters',
      'tdf.stage: expected up to 20 of a-z',
      'tdf.location: there is no such setting; there are locations, datasets, apiUrl',
    ]) {
      expect(message).toContain(part);
    }
  });

  test('of a stage has what stands under it, and the rest of what all stages have', () => {
    const context = {
      ...of({ airQuality: true }),
      stages: {
        prod: { locations: ['Bergen', 'Tromsø'], retainData: true },
        'dev-2': { datasets: { [history]: { language: 'fr' } } },
      },
    };
    expect(parseConfig(context)).toMatchObject({ stage: 'dev', retainData: false });
    expect(theOne(context)).toMatchObject({ locations: ['Oslo'] });
    const prod = { ...context, stage: 'prod' };
    expect(parseConfig(prod)).toMatchObject({ retainData: true });
    expect(parseConfig(prod)).not.toHaveProperty('stages');
    expect(theOne(prod)).toMatchObject({ locations: ['Bergen', 'Tromsø'], options: { aqi: 'yes' } });
    expect(theOne({ ...context, stage: 'dev-2' })).toMatchObject({
      dataset: weatherapiHistory,
      locations: ['Oslo'],
      options: { lang: 'fr' },
    });
    expect(theOne({ stages: { dev: of({}, ['Ulm']) } })?.locations).toEqual(['Ulm']);
  });

  test('of every stage is checked, and each problem is named once, where it stands', () => {
    const stages = {
      prod: { locations: [''], datasets: { [current]: { pollen: 'yes' } }, stage: 'dev' },
      dev: { datasets: { [current]: { freshnessHours: 1, schedule: 'rate(2 hours)' } } },
      Test: {},
    };
    const named = (context: object) =>
      problemsOf(context).map((problem) => problem.split(': ', 1)[0]?.trim());
    const [locations, misplaced] = ['tdf.stages.prod.locations.0', 'tdf.stages.prod.stage'];
    const pollen = `tdf.stages.prod.datasets.${current}.pollen`;
    const freshness = `tdf.stages.dev.datasets.${current}.freshnessHours`;
    expect(named({ ...of({}), stages }).sort()).toEqual(
      [locations, pollen, misplaced, 'tdf.stages.Test', freshness].sort(),
    );
    expect(named({ ...of({}), stages: { dev: stages.dev } })).toEqual([freshness]);
    expect(named({ stage: 'prod', ...of({}), stages: { prod: { locations: [''] } } })).toEqual([locations]);
    for (const wrong of [7, 'prod', { prod: 7 }])
      expect(named({ ...of({}), stage: 'prod', stages: wrong })).toHaveLength(1);
  });

  test('of the form for one dataset is refused, with the new form of the same values [configuration]', () => {
    const old = {
      locations: ['Oslo'],
      airQuality: true,
      schedule: 'rate(2 hours)',
      stages: { prod: { language: 'fr', retainData: true }, test: { locations: ['Ulm'] } },
    };
    const message = messageOf(() => parseConfig(old));
    const [head = '', ...json] = message.split('\n');
    expect(head).toBe(
      'The configuration in cdk.json (context, "tdf") has schedule, airQuality, stages.prod.language, which now belong to a dataset. Write instead:',
    );
    const written = JSON.parse(json.join('\n'));
    expect(written).toEqual({
      tdf: {
        locations: ['Oslo'],
        datasets: { [current]: { schedule: 'rate(2 hours)', airQuality: true } },
        stages: {
          prod: {
            datasets: { [current]: { schedule: 'rate(2 hours)', airQuality: true, language: 'fr' } },
            retainData: true,
          },
          test: { locations: ['Ulm'] },
        },
      },
    });
    expect(theOne({ ...written.tdf, stage: 'prod' })).toMatchObject({
      schedule: 'rate(2 hours)',
      options: { aqi: 'yes', lang: 'fr' },
    });
  });

  test('of the form for one dataset has what else is wrong with it told at once', () => {
    const message = messageOf(() => parseConfig({ locations: [], pollen: 'no', stage: 'Prod!' }));
    expect(message.split('This is also wrong in it:\n')[1]?.split('\n')).toEqual([
      expect.stringContaining('tdf.locations: expected at least one place'),
      expect.stringContaining(`tdf.datasets.${current}.pollen: expected true or false (got "no")`),
      expect.stringContaining('tdf.stage: '),
    ]);
  });

  test.each([
    ['no places', of({}, []), 'expected at least one place'],
    ['the same place twice', of({}, ['Oslo', 'Oslo']), 'expected each place once'],
    ['no datasets', { locations: ['Oslo'], datasets: {} }, `expected at least one of ${current}, `],
    ['nothing at all', undefined, `, such as {"${current}":{}} (got {})`],
    [
      'null instead of the settings of a dataset',
      of(null as never),
      `  tdf.datasets.${current}: expected settings, such as {} for the defaults (got null)`,
    ],
    ['a text in its place', 'Oslo', 'tdf: '],
    ['a number in its place', 7, 'tdf: '],
    ['a list in its place', ['Oslo'], 'tdf.0: '],
  ])('refuses %s', (_what, context, part) => {
    expect(messageOf(() => parseConfig(context))).toContain(part);
  });

  test.each<[string, number]>([
    ['rate(1 hour)', 1],
    ['rate(90 minutes)', 2],
    ['cron(0 */6 * * ? *)', 6],
    ['cron(0 8,20 * * ? *)', 12],
    ['cron(30 5 * * ? *)', 24],
    ['cron(0 8-18 ? * MON-FRI *)', 62],
    ['rate(6 days)', 144],
  ])(
    'with the schedule %s has the alarm wait for its longest gap at least: %i hours [longest-gap]',
    (schedule, gap) => {
      const config = (freshnessHours: number) => of({ schedule, freshnessHours });
      expect(theOne(config(gap))?.freshnessHours).toBe(gap);
      expect(theOne(of({ schedule }))?.freshnessHours).toBe(Math.max(3, gap));
      expect(problemsOf(config(gap - 1))).toContain(
        `  tdf.datasets.${current}.freshnessHours: expected at least ${gap}, the hours of the longest gap of ${schedule} (got ${gap - 1})`,
      );
    },
  );

  test.each(['cron(0 12 ? * SUN *)', 'cron(0 0 1 1 ? *)', 'rate(30 days)', 'cron(0 0 29 2 ? *)'])(
    'with the schedule %s, whose gap nobody can watch, asks for no alarm [longest-gap]',
    (schedule) => {
      expect(theOne(of({ schedule }))).toMatchObject({ schedule });
    },
  );

  test.each([
    ['cron(0 H * * ? *)', 'hours: expected 0-23, a list, range or step of these, not "H"'],
    ['cron(0 * * * * *)', 'expected exactly one "?", as day of month or as day of week, not "*" and "*"'],
    ['rate(5 hour)', 'expected a number of minutes, hours or days, such as "rate(90 minutes)"'],
  ])('says of %s what EventBridge Scheduler wants [schedule-refused]', (schedule, wanted) => {
    const [problem, ...others] = problemsOf(of({ schedule }));
    expect(problem).toContain(`tdf.datasets.${current}.schedule: ${wanted}`);
    expect(others).toEqual([]);
  });

  test('takes as many places as a run has time for, and says how many fit [too-many-places]', () => {
    const places = (count: number) => Array.from({ length: count }, (_, index) => `id:${index}`);
    // 8 at once, 1.5 s each, in 5 minutes less one for further passes and 30 s to land them.
    expect(maxPlaces).toBe(1120);
    expect(theOne(of({}, places(1120)))?.locations).toHaveLength(1120);
    expect(problemsOf(of({}, places(1121)))).toEqual([
      `  tdf.locations: expected at most 1120 of these 1121 places: a run of ${current} has time and disk for 1120, its event room for 255 KB of them`,
    ]);
    // Of each dataset: there is one run for each.
    expect(
      problemsOf({
        locations: places(1),
        datasets: { [current]: {}, [history]: { locations: places(1121) } },
      }),
    ).toEqual([
      expect.stringContaining(
        `tdf.datasets.${history}.locations: expected at most 1120 of these 1121 places`,
      ),
    ]);
  });

  test('takes as many places as a schedule has room for, and says how many fit', () => {
    const places = (count: number) =>
      Array.from({ length: count }, (_, index) => `${index}`.padStart(256, 'ü')); // Up to 515 bytes each, with quotes.
    const [problem = ''] = problemsOf(of({}, places(600)));
    const fit = Number(/expected at most (\d+) of these 600 places/.exec(problem)?.[1]);
    const bytes = (count: number) => Buffer.byteLength(JSON.stringify(places(count)));
    expect(bytes(fit)).toBeLessThanOrEqual(255 * 1024 + 1);
    expect(bytes(fit + 1)).toBeGreaterThan(255 * 1024 + 1);
    expect(problemsOf(of({}, places(fit)))).toEqual([]);
  });
});

/** Shells, paths, templates, terminals and halves of characters: none of it belongs into a name. */
const hostile = [
  '',
  ' ',
  '; touch planted',
  '$(id)',
  '`id`',
  '| cat',
  'a\nb',
  'dev\n',
  'a\0b',
  '../../etc/passwd',
  '..\\..\\x',
  '\u001b[31mred',
  'dév',
  'ｄｅｖ',
  'Δ',
  '🚴',
  '\ud800',
  "' OR 1=1 --",
  '<aws.scheduler.scheduled-time>',
  'x'.repeat(100_000),
];
const noText = [7, -0, 1e308, true, null, [], {}, ['x'], { a: 1 }];

/** Of each member, values that it takes and values that it refuses. */
const members: Readonly<Record<string, { right: unknown[]; wrong: unknown[] }>> = {
  locations: {
    right: [
      ['Oslo'],
      ['São Paulo, Brazil', '日本'],
      ['; touch planted', '$(id)', "O'Fallon"],
      ['x'.repeat(256)],
    ],
    wrong: [
      ...['Oslo', 7, null, true, {}, []],
      ...[[''], [' \n'], [7], [null], [['Oslo']], ['Oslo', 'Oslo'], ['Oslo', ' Oslo']],
      ...[['a\nb'], ['a\0b'], ['\u001b[31m'], ['\ud800'], ['x'.repeat(257)]],
    ],
  },
  airQuality: { right: [true, false], wrong: ['yes', 'true', '', 0, 1, null, [], {}] },
  pollen: { right: [true, false], wrong: ['no', 1, null, []] },
  retainData: { right: [true, false], wrong: ['false', 0, null, {}] },
  language: { right: ['fr', 'zh_tw'], wrong: [...noText, ...hostile, 'FR', 'french', 'fr-FR', 'fr_'] },
  schedule: {
    right: [
      ...['cron(0 * * * ? *)', 'rate(1 hour)', 'rate(15 minutes)', 'cron(0 9 1W * ? *)', 'cron(0 9 L * ? *)'],
      ...[
        'cron(15 10 ? * 6L 2022-2099)',
        'cron(0 9 ? JAN-MAR,DEC MON#2 *)',
        'cron(0/20 1-23/2 ? * SUN-SAT *)',
      ],
    ],
    wrong: [
      ...noText,
      ...hostile,
      ...['hourly', 'cron()', 'rate(0 hours)', 'rate(-1 hours)', 'rate(1 fortnight)', 'rate(1e400 hours)'],
      ...['cron(0 25 * * ? *)', 'cron(60 * * * ? *)', 'cron(0 0 30 2 ? *)', 'cron(0 0 * 13 ? *)'],
      ...['cron(0 * * * * *)', 'cron(0 * ? * ? *)', 'cron(0 0 1 * 2 *)', 'cron(0 9 ? * 8 *)', 'rate(5 hour)'],
      ...['cron(0 * * * *)', 'cron($(id) * * * ? *)', 'cron(0 * * * ? *)\n', 'at(2026-02-30T00:00:00)'],
    ],
  },
  apiUrl: {
    right: ['https://api.weatherapi.com/v1', 'https://127.0.0.1:8443/v1/'],
    wrong: [
      ...noText,
      ...hostile,
      ...['http://api.weatherapi.com/v1', 'ftp://x', 'https://', 'HTTPS//x', 'javascript:alert(1)'],
      ...['https://user:word@x/v1', 'https://x/v1?a=b', 'https://x/v1#', 'https://x/\nv1', 'https://x/a b'],
    ],
  },
  secretName: {
    right: ['tdf/weatherapi-key', 'team_a/key+1=@x.y'],
    wrong: [
      ...noText,
      ...hostile.filter((text) => !text.startsWith('../') && !text.startsWith('x')),
      'a*',
      'a?',
    ],
  },
  stage: {
    right: ['dev', 'prod-2', 'x'.repeat(20)],
    wrong: [...noText, ...hostile, 'Prod', '1st', '-x', 'a_b', 'a/b', 'x'.repeat(21)],
  },
  days: { right: [1, 14], wrong: [...noText.filter((value) => value !== 7), '3', 0, 15, 2.5] },
  freshnessHours: {
    right: [6, 24, 167],
    wrong: [
      '3',
      '',
      null,
      [],
      0,
      -1,
      2.5,
      168,
      1e308,
      Number.MAX_SAFE_INTEGER,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ],
  },
};
const names = Object.keys(members);
/** Those that stand in a dataset. */
const ofDataset = ['airQuality', 'pollen', 'language', 'schedule', 'freshnessHours', 'days'];
const top = ['locations', 'retainData', 'apiUrl', 'secretName', 'stage'];

/** A configuration with these members, each where it belongs. */
function contextOf(values: Readonly<Record<string, unknown>>): object {
  const those = (list: readonly string[]) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => list.includes(name)));
  return { locations: ['Oslo'], ...those(top), datasets: { [forecast]: those(ofDataset) } };
}

describe('any configuration', () => {
  test.each(names.flatMap((name) => members[name]?.right.map((value) => [name, value] as const) ?? []))(
    'may have %s %j',
    (name, value) => {
      expect(problemsOf(contextOf({ [name]: value }))).toEqual([]);
    },
  );

  const member = (name: string) =>
    fc.oneof(
      fc.constantFrom(...(members[name]?.right ?? [])).map((value) => ({ value, right: true })),
      fc.constantFrom(...(members[name]?.wrong ?? [])).map((value) => ({ value, right: false })),
    );
  const configuration = fc.record(Object.fromEntries(names.map((name) => [name, member(name)])), {
    requiredKeys: ['locations'],
  });

  test('is valid as a whole, or has each wrong member named in one error, and no right one [configuration]', () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(configuration, (drawn) => {
        const wrong = Object.keys(drawn).filter((name) => drawn[name]?.right === false);
        const values = Object.fromEntries(Object.entries(drawn).map(([name, drew]) => [name, drew?.value]));
        seen.add(wrong.length === 0);
        expect(membersIn(problemsOf(contextOf(values)))).toEqual(new Set(wrong));
      }),
      { numRuns: runs(50) },
    );
    for (const name of names) {
      for (const value of members[name]?.wrong ?? []) {
        const named = membersIn(problemsOf(contextOf({ [name]: value })));
        expect({ value, named }).toEqual({ value, named: new Set([name]) });
      }
    }
    expect(seen).toContain(false);
  });

  test('has members that are not known refused by name, whatever they are called [configuration]', () => {
    const known = [...names, 'datasets', 'stages'];
    const withMember = (name: string, value: string) => [
      `{"locations":["Oslo"],"datasets":{"${current}":{}},${JSON.stringify(name)}:${value}}`,
      `{"locations":["Oslo"],"datasets":{"${current}":{${JSON.stringify(name)}:${value}}}}`,
      `{"locations":["Oslo"],"datasets":{"${current}":{},${JSON.stringify(name)}:${value}}}`,
    ];
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (name, value) => {
        fc.pre(!known.includes(name));
        for (const json of withMember(name, JSON.stringify(value)))
          expect(problemsOf(JSON.parse(json))).toHaveLength(1);
      }),
    );
    for (const name of ['__proto__', 'constructor', 'toString', 'location']) {
      const said = withMember(name, '{"stage":"x"}').flatMap((json) => problemsOf(JSON.parse(json)));
      expect(said).toEqual([
        expect.stringMatching(`^  tdf\\.${name}: `),
        expect.stringMatching(`^  tdf\\.datasets\\.${current}\\.${name}: `),
        expect.stringMatching(`^  tdf\\.datasets\\.${name}: `),
      ]);
    }
  });

  test('that is any JSON is one error with one line per problem, unless it is right', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (context) => {
        const problems = problemsOf(context);
        for (const problem of problems) expect(problem).toMatch(/^ {2}tdf[.:]/);
      }),
    );
  });
});

/** The lines of the error; none when the configuration is valid. */
function problemsOf(context: unknown): string[] {
  try {
    parseConfig(context);
    return [];
  } catch (error) {
    const [head, ...problems] = (error as Error).message.split('\n');
    expect(head).toBe('The configuration in cdk.json (context, "tdf") is wrong:');
    return problems;
  }
}

function membersIn(problems: readonly string[]): Set<string> {
  const place = /^ {2}tdf\.(?:datasets\.[\w/]+\.)?(\w+)/;
  return new Set(problems.map((problem) => place.exec(problem)?.[1] ?? problem));
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}
