import { describe, expect, test } from '@jest/globals';
import { maxPlaces, parseConfig } from '../../cdk/config.ts';
import fc, { runs } from '../fast-check.ts';

describe('a configuration', () => {
  test('needs no more than places; the rest has defaults', () => {
    expect(parseConfig({ locations: ['Oslo'] })).toEqual({
      locations: ['Oslo'],
      airQuality: false,
      pollen: false,
      schedule: 'cron(0 * * * ? *)',
      apiUrl: 'https://api.weatherapi.com/v1',
      secretName: 'tdf/weatherapi-key',
      stage: 'dev',
      retainData: false,
      freshnessHours: 3,
    });
  });

  test('names every wrong value at once, with what was expected and what came', () => {
    const wrong = {
      locations: ['Oslo', ' ', 7],
      airQuality: 'yes',
      schedule: 'hourly',
      apiUrl: 'http://api.weatherapi.com/v1',
      secretName: 'tdf weather',
      stage: 'Prod!',
      freshnessHours: 0,
      location: 'Oslo',
    };
    expect(() => parseConfig(wrong)).toThrow(Error);
    const message = messageOf(() => parseConfig(wrong));
    for (const part of [
      'tdf.locations.1: expected a place, got an empty text',
      'tdf.locations.2: expected a text',
      '(got 7)',
      'tdf.airQuality: expected true or false (got "yes")',
      'tdf.schedule: expected "cron(…)" or "rate(…)", such as',
      'tdf.apiUrl: expected https://',
      'tdf.secretName: expected letters',
      'tdf.stage: expected up to 20 of a-z',
      'tdf.freshnessHours: expected at least 1',
      'tdf.location: ',
    ]) {
      expect(message).toContain(part);
    }
  });

  test('of a stage has the places that stand under it, and what all stages have', () => {
    const context = {
      locations: ['Oslo'],
      airQuality: true,
      stages: { prod: { locations: ['Bergen', 'Tromsø'], retainData: true }, 'dev-2': { language: 'fr' } },
    };
    expect(parseConfig(context)).toMatchObject({ stage: 'dev', locations: ['Oslo'], retainData: false });
    const prod = parseConfig({ ...context, stage: 'prod' });
    expect(prod).toMatchObject({ locations: ['Bergen', 'Tromsø'], airQuality: true, retainData: true });
    expect(prod).not.toHaveProperty('stages');
    expect(parseConfig({ ...context, stage: 'dev-2' })).toMatchObject({
      locations: ['Oslo'],
      language: 'fr',
    });
    expect(parseConfig({ stages: { dev: { locations: ['Oslo'] } } }).locations).toEqual(['Oslo']);
  });

  test('of every stage is checked, and each problem is named once, where it stands', () => {
    const stages = {
      prod: { locations: [''], pollen: 'yes', stage: 'dev' },
      dev: { freshnessHours: 1, schedule: 'rate(2 hours)' },
      Test: {},
    };
    const named = (context: object) =>
      problemsOf(context).map((problem) => problem.split(': ', 1)[0]?.trim());
    const [locations, pollen] = ['tdf.stages.prod.locations.0', 'tdf.stages.prod.pollen'];
    const misplaced = 'tdf.stages.prod.stage';
    expect(named({ locations: ['Oslo'], stages }).sort()).toEqual(
      [locations, pollen, misplaced, 'tdf.stages.Test', 'tdf.stages.dev.freshnessHours'].sort(),
    );
    expect(named({ locations: ['Oslo'], stages: { dev: stages.dev } })).toEqual([
      'tdf.stages.dev.freshnessHours',
    ]);
    expect(named({ stage: 'prod', locations: ['Oslo'], stages: { prod: { locations: [''] } } })).toEqual([
      locations,
    ]);
    for (const wrong of [7, 'prod', { prod: 7 }])
      expect(named({ locations: ['Oslo'], stage: 'prod', stages: wrong })).toHaveLength(1);
  });

  test.each([
    ['no places', { locations: [] }, 'expected at least one place'],
    ['the same place twice', { locations: ['Oslo', 'Oslo'] }, 'expected each place once'],
    ['nothing at all', undefined, 'tdf.locations'],
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
      const config = (freshnessHours: number) => ({ locations: ['Oslo'], schedule, freshnessHours });
      expect(parseConfig(config(gap)).freshnessHours).toBe(gap);
      expect(parseConfig({ locations: ['Oslo'], schedule }).freshnessHours).toBe(Math.max(3, gap));
      expect(problemsOf(config(gap - 1))).toContain(
        `  tdf.freshnessHours: expected at least ${gap}, the hours of the longest gap of ${schedule} (got ${gap - 1})`,
      );
    },
  );

  test.each(['cron(0 12 ? * SUN *)', 'cron(0 0 1 1 ? *)', 'rate(30 days)', 'cron(0 0 29 2 ? *)'])(
    'with the schedule %s, whose gap nobody can watch, asks for no alarm [longest-gap]',
    (schedule) => {
      expect(parseConfig({ locations: ['Oslo'], schedule })).toMatchObject({ schedule });
    },
  );

  test.each([
    ['cron(0 H * * ? *)', 'hours: expected 0-23, a list, range or step of these, not "H"'],
    ['cron(0 * * * * *)', 'expected exactly one "?", as day of month or as day of week, not "*" and "*"'],
    ['rate(5 hour)', 'expected a number of minutes, hours or days, such as "rate(90 minutes)"'],
  ])('says of %s what EventBridge Scheduler wants [schedule-refused]', (schedule, wanted) => {
    const [problem, ...others] = problemsOf({ locations: ['Oslo'], schedule });
    expect(problem).toContain(`tdf.schedule: ${wanted}`);
    expect(others).toEqual([]);
  });

  test('takes as many places as a run has time for, and says how many fit [too-many-places]', () => {
    const places = (count: number) => Array.from({ length: count }, (_, index) => `id:${index}`);
    // 8 at once, 1.5 s each, in 5 minutes less one for further passes and 10 s to land them.
    expect(maxPlaces).toBe(1226);
    expect(parseConfig({ locations: places(1226) }).locations).toHaveLength(1226);
    expect(problemsOf({ locations: places(1227) })).toEqual([
      expect.stringContaining('tdf.locations: expected at most 1226 of these 1227 places'),
    ]);
  });

  test('takes as many places as a schedule has room for, and says how many fit', () => {
    const places = (count: number) =>
      Array.from({ length: count }, (_, index) => `${index}`.padStart(256, 'ü')); // Up to 515 bytes each, with quotes.
    const [problem = ''] = problemsOf({ locations: places(600) });
    const fit = Number(/expected at most (\d+) of these 600 places/.exec(problem)?.[1]);
    const bytes = (count: number) => Buffer.byteLength(JSON.stringify(places(count)));
    expect(bytes(fit)).toBeLessThanOrEqual(255 * 1024 + 1);
    expect(bytes(fit + 1)).toBeGreaterThan(255 * 1024 + 1);
    expect(problemsOf({ locations: places(fit) })).toEqual([]);
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
  freshnessHours: {
    right: [3, 24, 167],
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

describe('any configuration', () => {
  test.each(names.flatMap((name) => members[name]?.right.map((value) => [name, value] as const) ?? []))(
    'may have %s %j',
    (name, value) => {
      expect(parseConfig({ locations: ['Oslo'], [name]: value })).toMatchObject({ [name]: value });
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
        const context = Object.fromEntries(Object.entries(drawn).map(([name, drew]) => [name, drew?.value]));
        seen.add(wrong.length === 0);
        expect(membersIn(problemsOf(context))).toEqual(new Set(wrong));
      }),
      { numRuns: runs(50) },
    );
    for (const name of names) {
      for (const value of members[name]?.wrong ?? []) {
        const context = { locations: ['Oslo'], [name]: value };
        expect({ value, named: membersIn(problemsOf(context)) }).toEqual({ value, named: new Set([name]) });
      }
    }
    expect(seen).toContain(false);
  });

  test('has members that are not known refused by name, whatever they are called [configuration]', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (name, value) => {
        fc.pre(!names.includes(name));
        const context = JSON.parse(`{"locations":["Oslo"],${JSON.stringify(name)}:${JSON.stringify(value)}}`);
        expect(problemsOf(context)).toHaveLength(1);
      }),
    );
    for (const name of ['__proto__', 'constructor', 'toString', 'location'])
      expect(problemsOf(JSON.parse(`{"locations":["Oslo"],"${name}":{"stage":"x"}}`))).toEqual([
        expect.stringMatching(`^  tdf\\.${name}: `),
      ]);
  });

  test('that is any JSON stays itself, or is one error with one line per problem', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (context) => {
        const problems = problemsOf(context);
        if (problems.length > 0) for (const problem of problems) expect(problem).toMatch(/^ {2}tdf[.:]/);
        else expect(parseConfig(parseConfig(context))).toEqual(parseConfig(context));
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
  return new Set(problems.map((problem) => /^ {2}tdf\.(\w+)/.exec(problem)?.[1] ?? problem));
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
