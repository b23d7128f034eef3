import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Command } from 'commander';
import { backfillCommand } from '../../cli/commands/backfill.ts';
import { deadLettersCommand } from '../../cli/commands/dead-letters.ts';
import { destroyCommand } from '../../cli/commands/destroy.ts';
import { driftCommand } from '../../cli/commands/drift.ts';
import { dropCommand } from '../../cli/commands/drop.ts';
import { explainCommand } from '../../cli/commands/explain.ts';
import { logsCommand } from '../../cli/commands/logs.ts';
import { queryCommand } from '../../cli/commands/query.ts';
import { reconcileCommand } from '../../cli/commands/reconcile.ts';
import { replayCommand } from '../../cli/commands/replay.ts';
import { setKeyCommand } from '../../cli/commands/set-key.ts';
import { statusCommand } from '../../cli/commands/status.ts';
import { collectPlaces, parseBaseUrl, parseTime, timeProblems } from '../../cli/run-arguments.ts';
import { next } from '../../cli/target-options.ts';
import {
  commandOutput,
  failed,
  print,
  printError,
  printJson,
  printTable,
} from '../../cli/terminal/output.ts';
import { wrapped } from '../../cli/terminal/wrapped.ts';
import { findSources } from '../../operations/drop/drop-sources.ts';
import { printable, printableJson, printableLines } from '../../operations/printable.ts';
import { parseSelection } from '../../operations/replay/raw-selection.ts';
import { tableNames } from '../../shared/datasets.ts';
import { isDay } from '../../shared/keys.ts';
import { namedQueries } from '../../shared/named-queries.ts';
import fc, { runs } from '../fast-check.ts';
import { start, tdf } from './cloud.ts';

const commands = {
  status: statusCommand,
  logs: logsCommand,
  explain: explainCommand,
  backfill: backfillCommand,
  drift: driftCommand,
  drop: dropCommand,
  replay: replayCommand,
  'dead-letters': deadLettersCommand,
  reconcile: reconcileCommand,
  query: queryCommand,
  'set-key': setKeyCommand,
  destroy: destroyCommand,
} satisfies Record<string, () => Command>;

/**
 * Texts that a shell, a path, a terminal or a URL would make something else of. Some go through a shell below: what they
 * would do there, should the quoting break, is to leave a file in a folder of this test's, and never more.
 */
const hostile = [
  '; touch planted',
  '$(id)',
  '`id`',
  '| cat',
  'a\nb',
  '../..',
  "it's",
  '"',
  '\u001b[31m',
  'dév',
  '🚴',
];

/** Days that no calendar has, and what is no day. */
const noDays = [
  ...['2026-02-30', '2026-02-29', '2026-13-01', '2026-00-10', '2026-11-31', '2026-11-00', '0000-00-00'],
  ...['', ' ', 'today', '2026-11', '22.11.2026', '2026-11-22T05:00Z', '2026-11-22\n', '99999999999999999999'],
  ...hostile,
];

/** What a command refuses, before it reaches for anything. */
async function refusal(command: Command, ...args: string[]): Promise<string> {
  let said = '';
  command.exitOverride().configureOutput({
    writeErr: (text) => {
      said += text;
    },
  });
  await expect(command.parseAsync(args, { from: 'user' })).rejects.toMatchObject({ name: 'CommanderError' });
  return said;
}

/** What reads an option's value. Called as it is: a command that took a wrong one would do its work with it. */
function reads(command: Command, option: string): (text: string) => unknown {
  const { parseArg } = command.options.find(({ long }) => long === option) ?? {};
  return (text) => (parseArg ? parseArg(text, undefined) : text);
}

describe.each(Object.entries(commands))('tdf %s', (_name, make) => {
  test.each(['', ' ', 'Prod', '1st', 'dev\n', 'x'.repeat(21), ...hostile])(
    'takes no stage %j, and says what one looks like [typed-data]',
    (stage) => {
      expect(() => reads(make(), '--stage')(stage)).toThrow(
        `Expected up to 20 of a-z, 0-9 and -, beginning with a letter, got "${stage}".`,
      );
    },
  );

  test('takes no empty state directory, which would be the current one', () => {
    for (const state of ['', ' ', '\n'])
      expect(() => reads(make(), '--state')(state)).toThrow('Expected a folder, got an empty text.');
  });

  test('takes what is a stage, and any other folder as it is typed', () => {
    expect(reads(make(), '--stage')('prod-2')).toBe('prod-2');
    for (const state of hostile) expect(reads(make(), '--state')(state)).toBe(state);
  });
});

test.each(Object.entries(commands))('the help of tdf %s fits 80 columns, and has examples', (name, make) => {
  const command = make();
  for (const each of [command, ...command.commands]) {
    let help = '';
    each.configureOutput({
      writeOut: (text) => {
        help += text;
      },
      getOutHelpWidth: () => 80,
    });
    each.outputHelp();
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(help).toMatch(new RegExp(`Examples?:\n  .*npx tdf ${name}`));
  }
});

test.each(Object.keys(commands))('tdf %s takes no options that are about two deployments', async (name) => {
  const typed = [name, ...(/explain|drop/.test(name) ? ['package.json'] : [])];
  expect(await tdf([...typed, '--state', 'some dir'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: `Error: --state is of the pipeline on this computer. Add --local: npx tdf ${typed.join(' ')} --state 'some dir' --local\n`,
  });
  expect(await tdf([...typed, '--local', '--stage', 'dev'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'Error: --stage is a deployment on AWS: say either it or --local.\n',
  });
});

test('the help of npm start and of tdf itself fits 80 columns, and has examples', async () => {
  const helps = [await start(['--help']), await tdf(['--help'])];
  expect(helps.map(({ code }) => code)).toEqual([0, 0]);
  for (const { stdout } of helps) {
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toContain('\nExamples:\n  npm start');
  }
  for (const name of Object.keys(commands)) expect(helps[1]?.stdout).toContain(`\n  ${name} `);
});

describe('numbers', () => {
  const noCounts = ['', ' ', '-1', '1.5', 'ten', 'NaN', 'Infinity', '1e400', '9'.repeat(400), ...hostile];

  test.each(['0', ...noCounts])('%j is refused as a number of hours and as a rate', async (text) => {
    expect(await refusal(statusCommand(), `--hours=${text}`)).toContain('Expected whole hours, 1 to 744');
    expect(await refusal(replayCommand(), '--dry-run', `--rate=${text}`)).toContain(
      '--rate: expected a whole number from 1 to 1000',
    );
  });

  test.each(['0', ...noCounts])('%j is refused as a number of rows', async (text) => {
    expect(await refusal(queryCommand(), `--limit=${text}`, 'SELECT 1')).toContain(
      'Expected a whole number from 1',
    );
  });

  test.each(['', '-1', '1e3', 'ten', 'NaN', ...hostile])('%j is refused as a grace period', async (text) => {
    expect(await refusal(reconcileCommand(), '--dry-run', `--grace=${text}`)).toContain(
      '--grace: expected a number of minutes',
    );
  });
});

describe('days', () => {
  const dataset = 'weatherapi/current';

  test.each(noDays)('%j is none, at either end, and both ends are named at once', (day) => {
    const named = (option: string) =>
      `${option}: expected a day that exists, such as 2026-11-22, got "${day}"`;
    expect(parseSelection({ dataset, from: day, to: day })).toEqual({
      problems: [named('--from'), named('--to')],
    });
  });

  test('are those that the calendar has [real-times]', () => {
    const field = (most: number, width: number) =>
      fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(width, '0'));
    fc.assert(
      fc.property(fc.tuple(field(9_999, 4), field(13, 2), field(32, 2)), ([year, month, day]) => {
        const leap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0);
        const last = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Number(month) - 1] ?? 0;
        expect(isDay(`${year}-${month}-${day}`)).toBe(Number(day) >= 1 && Number(day) <= last);
      }),
      { numRuns: runs(500) },
    );
  });

  test('of any texts are a selection as it was typed, or have each problem named by its option', () => {
    const typed = fc.record(
      {
        dataset: fc.oneof(fc.constant(dataset), fc.string({ unit: 'binary' })),
        from: fc.constantFrom('2026-11-21', '2026-11-23', ...noDays),
        to: fc.constantFrom('2026-11-22', ...noDays),
        prefix: fc.oneof(fc.constant(`${dataset}/dt=`), fc.string({ unit: 'binary' })),
      },
      { requiredKeys: ['dataset'] },
    );
    fc.assert(
      fc.property(typed, (drawn) => {
        const { from, to, prefix } = drawn;
        const days = [from, to].filter((day) => day !== undefined);
        const wrong = [
          ...(drawn.dataset === dataset ? [] : ['--dataset']),
          ...(from === undefined || isDay(from) ? [] : ['--from']),
          ...(to === undefined || isDay(to) ? [] : ['--to']),
          ...(days.length === 2 && days.every(isDay) && days[0] === '2026-11-23' ? ['--from, --to'] : []),
          ...(prefix !== undefined && days.length > 0 ? ['--prefix'] : []),
          ...(prefix !== undefined && drawn.dataset === dataset && !prefix.startsWith(dataset)
            ? ['--prefix']
            : []),
        ];
        const parsed = parseSelection(drawn);
        const named = 'problems' in parsed ? parsed.problems.map((problem) => problem.split(':', 1)[0]) : [];
        expect(named).toEqual(wrong);
        if (!('problems' in parsed)) expect(parsed).toMatchObject({ from, to, prefix });
      }),
    );
  });
});

describe('npm start', () => {
  test.each([
    ...['2026-02-30', '2026-13-01', '2026-11-31T05:00Z', '2026-11-22T25:00Z', '2026-11-22T05:60Z', '25:00'],
    ...['', ' ', 'yesterday', '1e400', '2026-11-22T05:00+99:00', '+012026-11-22T05:00Z', ...hostile],
    ...hostile.map((text) => `2026-11-22T05:00Z${text}`),
  ])('takes no time %j', (text) => {
    expect(() => parseTime(text)).toThrow(
      `Expected a time such as 2026-11-22T05:00Z or 05:00, got "${text}"`,
    );
  });

  test('takes a time with its zone, a time in UTC, and a time of today', () => {
    const now = new Date('2026-11-22T23:59:00Z');
    const times = {
      '2026-11-22T05:15+02:00': '2026-11-22T03:15',
      '2026-11-22T05': '2026-11-22T05:00',
      '2026-11-22': '2026-11-22T00:00',
      '10:15': '2026-11-22T10:15',
    };
    for (const [text, time] of Object.entries(times))
      expect(parseTime(text, now)).toEqual(new Date(`${time}:00Z`));
  });

  test.each([
    ...['', 'localhost:8080', 'ftp://x/v1', 'file:///etc/passwd', 'javascript:alert(1)', 'http://'],
    ...['http://user:word@127.0.0.1/v1', 'http://127.0.0.1/v1?a=b', 'http://127.0.0.1/v1#a', 'http://x/\nv1'],
    ...hostile,
  ])('takes no API at %j', (text) => {
    expect(() => parseBaseUrl(text)).toThrow('Expected a URL such as http://127.0.0.1:8080/v1');
  });

  test.each([
    ...['http://api.weatherapi.com/v1', 'http://127.0.0.1.example.com', 'http://localhost.example.com:80'],
    ...['http://[::2]', 'http://0.0.0.0', 'http://10.0.0.1/', 'HTTP://example.com', 'http://2130706434.com'],
  ])('takes no API at %s: the key would travel for everybody to read [plain-http]', (text) => {
    expect(() => parseBaseUrl(text)).toThrow('Expected https://, or http:// to this computer');
  });

  test.each([
    ...[
      'https://api.weatherapi.com/v1',
      'http://127.0.0.1:8080/v1',
      'http://127.1.2.3',
      'http://localhost:80',
    ],
    ...['http://[::1]:8080', 'HTTP://LOCALHOST', 'http://127.1/v1'],
  ])('takes an API at %s', (text) => {
    expect(parseBaseUrl(text)).toBe(text);
  });

  test('takes any hour for weather that is made up, and none but this one for what a real API knows [made-up-hour]', () => {
    const now = new Date('2026-11-22T05:59:59Z');
    const past = new Date('2026-01-01T00:00Z');
    for (const hour of [past, new Date('2026-11-22T04:59Z'), new Date('2026-11-22T06:00Z')]) {
      expect(timeProblems(hour, false, now)).toEqual([]);
      expect(timeProblems(hour, true, now)).toEqual([
        expect.stringContaining(
          `--at ${hour.toISOString()}: a real API knows the current weather for now only`,
        ),
      ]);
    }
    for (const hour of [undefined, new Date('2026-11-22T05:00Z')])
      expect(timeProblems(hour, true, now)).toEqual([]);
  });

  test('takes no place without a name, trims it as cdk.json does, and takes each place once', () => {
    const typed = ['Oslo', ' Oslo ', 'Ulm\n', 'Oslo'];
    expect(typed.reduce<string[]>((places, text) => collectPlaces(text, places), [])).toEqual([
      'Oslo',
      'Ulm',
    ]);
    for (const text of ['', ' ', '\n']) expect(() => collectPlaces(text, [])).toThrow('Expected a place');
    expect(hostile.reduce<string[]>((places, text) => collectPlaces(text, places), [])).toEqual(hostile);
  });

  test('names each file that it cannot drop, whatever it is called', () => {
    const names = hostile.filter((name) => name !== '../..');
    expect(findSources(names)).toEqual({
      sources: [],
      problems: names.map((name) => `${name}: there is no such file`),
    });
  });
});

describe('what is printed', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'arguments-'));
    await writeFile(join(directory, 'echo.sh'), 'for word in "$@"; do printf "%s\\0" "$word"; done');
  });
  afterAll(() => rm(directory, { recursive: true }));

  test('as the next command to type is one, with any state directory: a shell reads the same words [typed-data]', () => {
    const states = [
      ...hostile,
      'a b',
      "'",
      "a'; touch planted; '",
      '\\',
      '$HOME',
      '*',
      '~',
      '-x',
      '&&',
      '!!',
      "\u202Ea'\\b\u0007",
    ];
    // Nothing of this computer's is within its reach: neither a home directory nor the current one.
    const surroundings = { cwd: directory, env: { PATH: process.env.PATH, HOME: directory } };
    for (const state of states) {
      const typed = next('dead-letters', { local: true, stage: 'dev', state });
      expect(printableLines(typed)).toBe(typed);
      const words = String(execFileSync('bash', ['-c', typed.replace('npx', 'sh echo.sh')], surroundings))
        .split('\0')
        .slice(0, -1);
      expect(words).toEqual(['tdf', 'dead-letters', '--local', '--state', state]);
    }
    expect(readdirSync(directory)).toEqual(['echo.sh']);
  });

  test('is one line without a control character, of any text [terminal]', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
        expect(printableLines(text)).not.toMatch(/[^\P{Cc}\n\t]|[\p{Bidi_Control}\u2028\u2029]/u);
      }),
    );
    expect(printable('cut\r\nof\there\n')).toBe('cut of here ');
    // Joiners, which Sinhala and many an emoji need, stay.
    const harmless = 'São Paulo 日本 🚴 "50%" ශ්‍රී 👩‍🚀';
    expect([printable(harmless), printableLines(`${harmless}\n\t`)]).toEqual([harmless, `${harmless}\n\t`]);
  });

  test('as JSON has the same value, with escapes for what would steer a terminal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const indent of [undefined, 2]) {
          const text = printableJson(value, indent);
          expect(text).not.toMatch(/[^\P{Cc}\n]|[\p{Bidi_Control}\u2028\u2029]/u);
          expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value));
        }
      }),
    );
    expect(printableJson(['\u009b2J\u202e\u007f'])).toBe('["\\u009b2J\\u202e\\u007f"]');
  });

  test('is broken between words at the width of the terminal, and a command stays whole to be copied', () => {
    const lines = (text: string, width: number) => wrapped(text, width).split('\n');
    const alarm =
      'A place had no data. Next: npx tdf logs --function fetch --since 2h; then wait for the next run';
    expect(lines(alarm, 40)).toEqual([
      'A place had no data. Next:',
      '  npx tdf logs --function fetch --since 2h;',
      '  then wait for the next run',
    ]);
    expect(wrapped(alarm)).toBe(alarm);
    // A style takes no room, an indentation stays, and a path that fits nowhere is not moved.
    const red = '\u001b[31mone two\u001b[39m three';
    expect(lines(red, 13)).toEqual([red]);
    expect(lines(`    ${red}`, 13)).toEqual(['    \u001b[31mone two\u001b[39m', '      three']);
    expect(lines(`Raw  ${'x'.repeat(50)}`, 40)).toEqual([`Raw  ${'x'.repeat(50)}`]);
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,9}$/)),
        fc.integer({ min: 20, max: 80 }),
        (words, width) => {
          const broken = lines(words.join(' '), width);
          expect(broken.flatMap((line) => line.trim().split(' ')).join(' ')).toBe(words.join(' '));
          for (const line of broken) expect(line.length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  test('is as wide as COLUMNS says, also where it is piped', async () => {
    const narrow = await tdf(['query', '--local'], { COLUMNS: '60' });
    expect(narrow.stderr.split('\n').filter((line) => line.length > 60)).toEqual([]);
    const piped = await tdf(['query', '--local']);
    expect(piped.stderr.split('\n')).toHaveLength(3 + tableNames.length);
    const list = await tdf(['query', '--named'], { COLUMNS: '40' });
    expect(list.stdout.split('\n').filter((line) => line.length > 40)).toEqual([]);
    for (const { name, description } of namedQueries)
      expect(list.stdout.replaceAll(/\s+/g, ' ')).toContain(`${name} ${description}`);
  });

  test('of an error begins in one way, whoever finds it', async () => {
    const errors: string[] = [];
    for (const args of [
      ['status', '--hours', 'x'],
      ['status', '--watsh'],
      ['stauts'],
      ['explain'],
      ['reconcile', '--grace', 'x', '--dataset', 'y'],
      ['query', '--local'],
      ['replay', '--local', '--state', 'none'],
    ])
      errors.push((await tdf(args)).stderr);
    for (const said of errors) expect(said).toMatch(/^Error: (?!error)/);
    expect(errors[4]?.match(/^Error: /gm)).toHaveLength(2);
  });

  test('leaves by one place, which lets nothing pass that steers a terminal [terminal]', () => {
    process.env.NO_COLOR = '1';
    const hostile = 'a\u001b[31mb\u009b2J\u202Ec\r\nd';
    const printed: string[] = [];
    const mocks = (['log', 'error'] as const).map((method) =>
      jest.spyOn(console, method).mockImplementation((text: string) => void printed.push(text)),
    );
    print(hostile, { style: 'bold', text: hostile });
    printError(failed, hostile);
    printJson({ [hostile]: hostile });
    printTable([hostile], [[hostile], [{ style: 'red', text: hostile }]]);
    commandOutput.outputError(`error: ${hostile}\n`);
    commandOutput.writeErr(hostile);
    for (const mock of mocks) mock.mockRestore();
    expect(printed).toHaveLength(7);
    for (const text of printed) expect(text).not.toMatch(/[^\P{Cc}\n]|[\p{Bidi_Control}\u2028\u2029]/u);
    expect(printed[0]).toContain('a\uFFFD[31mb\uFFFD2J\uFFFDc\uFFFD\nd');
  });
});
