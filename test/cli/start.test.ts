import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lockState } from '../../local/aws/state-lock.ts';
import { readParquet } from '../../operations/query/parquet-rows.ts';
import { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';
import { filedKey, parseRawKey, placeDayKey } from '../../shared/keys.ts';
import { start } from './cloud.ts';
import { useAssembly } from './state.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'start-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Names that a shell, a URL, an option parser, a query or a terminal would make something else of. */
const oddNames = [
  ' two words \n\u001b[31m.json',
  `it's "50%" + 1 & more;#?.json`,
  '$(id) `id`.json',
  '-rf.json',
  '..%2f..%2fevil.json',
  '%2e%2e.json',
  '..json',
  "'); DROP TABLE x; --.json",
  'dt=2026-02-30',
  'São Paulo 🚴.json',
];

/** A state directory that has the synthesis of this test run already. */
async function stateDir(name: string): Promise<string> {
  const state = join(directory, name);
  await mkdir(state);
  await useAssembly(state);
  return state;
}

describe('npm start', () => {
  test('--json prints nothing but the result: keys, rows and what was skipped; the same with --faults', async () => {
    const state = await stateDir('json');
    const at = ['--at', '2026-11-22T05:30Z'];
    const places = ['--location', 'Oslo', '--location', 'fail:html'];
    const { code, stdout } = await start(['--json', '--faults', '3', '--state', state, ...at, ...places]);
    const result = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(result).toEqual({
      raw: ['weatherapi/current/dt=2026-11-22/20261122T050000Z.json'],
      curated: ['weatherapi/current/dt=2026-11-22/20261122T050000Z.parquet'],
      compacted: ['weatherapi/current/dt=2026-11-22/day.parquet'],
      rows: {
        weatherapi_current: [
          expect.objectContaining({ location_name: 'Oslo', observed_at: '2026-11-22T05:00:00.000Z' }),
        ],
      },
      rowCounts: { weatherapi_current: 1 },
      deadLetters: [],
      skipped: [
        {
          dataset: 'weatherapi/current',
          location: 'fail:html',
          reason: 'HTTP 200, but convert would refuse the body: not-json (after 3 tries)',
        },
      ],
      problems: [],
      leftOut: {},
    });
    // Where it says that the objects are, they are, as they are.
    const raw = await readFile(join(state, 's3/raw', result.raw[0]), 'utf8');
    expect(JSON.parse(raw).location.name).toBe('Oslo');
  });

  test('says what it waits for, marks what failed, and shows the places that were asked for in the same hour', async () => {
    const state = await stateDir('shown');
    const at = ['--state', state, '--at', '05:10'];
    const first = await start([...at, '--location', 'Bergen', '--location', 'fail:503x1']);
    expect(first.stdout).toContain('Waiting for WeatherAPI (HTTP 503): asking for one place again in 1 s');
    expect(first.stdout).toMatch(
      /✔ the stack is as it was .*\n.*✔ started .*\n(.*\n)*.*✔ fetched weatherapi\/current of 2 places/,
    );
    const second = await start([...at, '--location', 'Oslo']);
    expect(second.stdout).toMatch(/│ Oslo .*\n└/);
    // It is in the same object of the table.
    expect(second.stdout).not.toContain('Bergen');
    const status = `  npx tdf status --local --state ${state}\n  npm run dev -- --state ${state}   # keeps the pipeline up, and shows it on a page\n`;
    const query = `  npx tdf query --local --state ${state} "SELECT * FROM weatherapi_current"\n`;
    expect(second.stdout.endsWith(`\nNext:\n${query}${status}`)).toBe(true);

    const failed = await start([...at, '--location', 'fail:1006']);
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('fail:1006: HTTP 400 code 1006'),
    });
    expect(failed.stdout).toContain('✘ fetched nothing of weatherapi/current');
    expect(failed.stdout.endsWith(`\nNext:\n${status}`)).toBe(true);
    // What an alarm says to type works here.
    expect(failed.stdout).toContain(`FetchFailed: `);
    expect(failed.stdout).toContain(
      `npx tdf logs --function fetch --since 2h --level error --local --state ${state}; a new key: set WEATHERAPI_KEY`,
    );
  });

  test('--dataset runs others: the latest run of each schedule, with the rows of each table under its name', async () => {
    const state = await stateDir('datasets');
    const at = ['--state', state, '--at', '2026-11-22T05:30Z', '--location', 'Oslo'];
    const all = JSON.parse((await start(['--json', '--dataset', 'all', ...at])).stdout);
    expect(all).toMatchObject({
      raw: [
        'weatherapi/current/dt=2026-11-22/20261122T050000Z.json',
        'weatherapi/forecast/dt=2026-11-22/20261122T000000Z.json',
        // At 14:00 on the day before, for the day before that.
        placeDayKey(weatherapiHistory, '2026-11-20', 'Oslo'),
      ],
      rowCounts: {
        weatherapi_current: 1,
        weatherapi_forecast_hour: 72,
        weatherapi_forecast_day: 3,
        weatherapi_alert: expect.any(Number),
        weatherapi_history_hour: 24,
        weatherapi_history_day: 1,
      },
      problems: [],
    });
    expect(all.curated).toHaveLength(6);
    expect(all.rows.weatherapi_history_day).toEqual([
      expect.objectContaining({ location_name: 'Oslo', local_date: '2026-11-20' }),
    ]);

    // Run again, they show what has landed; a page of rows is shared by the tables.
    const again = await start(['--dataset', 'weatherapi/forecast', '--dataset', 'weatherapi/history', ...at]);
    expect(again.stdout).toContain('✔ this run of weatherapi/forecast had landed already');
    expect(again.stdout).toContain('✔ this run of weatherapi/history had landed already');
    expect(again.stdout).toMatch(
      /\nweatherapi_forecast_hour\n┌[^└]*│ Oslo [^└]*\n└.*\n68 more rows, \d+ more columns\n/,
    );
    expect(again.stdout).toMatch(/\nweatherapi_history_day\n┌/);
    expect(again.stdout).not.toContain('weatherapi_current');
  });

  test('--dataset refuses unknown names, and several names for one drop', async () => {
    const { code, stderr } = await start([
      '--dataset',
      'metar',
      '--dataset',
      'all',
      '--drop',
      'package.json',
    ]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'Error: --dataset: expected one of weatherapi/current, weatherapi/forecast, weatherapi/history or all, got "metar"\nError: --dataset: expected only one with --drop, the dataset of the files\n',
    );
  });

  test('--json shows the first thousand rows, counts all of them, and says how many it leaves out', async () => {
    const record = (index: number) =>
      JSON.stringify({ location: { name: `${index}` }, current: { last_updated_epoch: 1_795_323_600 } });
    const file = join(directory, 'many.json');
    await writeFile(file, Array.from({ length: 1_234 }, (_, index) => record(index)).join('\n'));
    const { stdout } = await start(['--json', '--state', await stateDir('many'), '--drop', file]);
    const result = JSON.parse(stdout);
    expect(result.rows.weatherapi_current).toHaveLength(1_000);
    expect(result).toMatchObject({ rowCounts: { weatherapi_current: 1_234 }, leftOut: { rows: 234 } });
  });

  test('on a state that is in use says by whom before it makes anything there, and waits with --wait', async () => {
    const state = join(directory, 'held');
    const lock = lockState(state);
    const holder = `in use by "${basename(process.argv[1] ?? '')}`;
    const refused = await start(['--state', state]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(holder) });
    expect(refused.stderr).toMatch(new RegExp(`\\(process ${process.pid}\\), since \\d{4}-`));
    expect(refused.stderr).toContain(
      'Wait for it with --wait, or give this run a directory of its own: --state',
    );
    expect(refused.stdout).not.toContain('✔');
    const json = await start(['--state', state, '--json']);
    expect(JSON.parse(json.stdout)).toEqual({ problems: [expect.stringContaining(holder)] });
    expect((await readdir(state)).every((name) => name.startsWith('lock.'))).toBe(true);

    await useAssembly(state);
    setTimeout(() => lock.release(), 300);
    const waited = await start(['--state', state, '--wait']);
    expect(waited).toMatchObject({ code: 0, stdout: expect.stringContaining(holder) });
    expect(waited.stdout).toContain('✔ converted 1 object, compacted into 1 ');
  });

  test('refuses options that npm kept for itself, and says what to type', async () => {
    expect(await start(['dir'], { npm_config_state: 'true', npm_config_json: 'true' })).toMatchObject({
      code: 1,
      stdout: '',
      stderr:
        'Error: npm took --state, --json for itself. Type two dashes before the options: npm start -- --state <dir> --json\n',
    });
    expect(await start(['10:15'])).toMatchObject({
      code: 1,
      stderr: 'Error: expected nothing but options, got "10:15"\n',
    });
  });

  test('--drop puts files into raw; one that cannot be converted makes it fail, with the reason, and loses nothing [file-names]', async () => {
    const files = join(directory, 'files');
    await mkdir(files);
    const good = ['good.json', ...oddNames].map((name) => join(files, name));
    const bad = ['bad.json', `bad${oddNames[0]}`].map((name) => join(files, name));
    for (const file of good) {
      const location = { name: basename(file) };
      await writeFile(file, JSON.stringify({ location, current: { last_updated_epoch: 1_795_323_600 } }));
    }
    for (const file of bad)
      await writeFile(file, '{"error":{"code":1006,"message":"No matching location found."}}');
    const state = await stateDir('drop');
    const before = await readdir(directory);
    const environment = { WEATHERAPI_KEY: 'CANARY-KEY-123' };
    const args = ['--state', state, '--dataset', 'weatherapi/current', '--drop', ...good, ...bad];
    const { code, stdout, stderr } = await start(args, environment);

    expect(code).toBe(1);
    expect(stderr).toContain('weatherapi/current/bad.json: Record 1 is an error answer (code 1006');
    expect(stdout).toContain(`✘ converted ${good.length} objects, compacted into 1; 2 died`);
    expect(stdout).toMatch(/Curated {2}.*dt=2026-11-22\/good[.\w]*\.parquet/);
    expect(stdout).toMatch(/Table {4}.*compacted\/weatherapi\/current\/dt=2026-11-22\/day\.parquet/);
    expect(await readFile(join(state, 's3/raw/weatherapi/current/bad.json'), 'utf8')).toContain('1006');

    // What they are called is data: each has its row, none has a place of its own choosing, none steers the terminal.
    const rows = await readParquet((await everyFile(join(state, 's3/compacted'))).map(([path]) => path));
    const named = (file: string) => ({
      raw_key: filedKey(parseRawKey(`weatherapi/current/${basename(file)}`), '2026-11-22'),
      location_name: basename(file),
    });
    const byKey = rows.map(({ raw_key, location_name }) => ({ raw_key, location_name }));
    expect(new Set(byKey)).toEqual(new Set(good.map(named)));
    expect(byKey).toHaveLength(good.length);
    expect((await readdir(directory)).filter((name) => !before.includes(name))).toEqual([]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    expect(`${stdout}${stderr}`).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);

    const left = (await everyFile(state)).map(([path, content]) => `${path}\n${content}`);
    expect([stdout, stderr, ...left].filter((text) => text.includes(environment.WEATHERAPI_KEY))).toEqual([]);
  });

  test('names everything that is wrong with its arguments before it starts anything', async () => {
    const { code, stderr } = await start(['--drop', 'no-such-file.json', '*.none']);
    expect(code).toBe(1);
    expect(stderr).toContain('no-such-file.json: there is no such file');
    expect(stderr).toContain('*.none: there is no such file');

    const hour = await start(['--at', 'yesterday']);
    expect(hour.code).toBe(1);
    expect(hour.stderr).toContain('Expected a time such as 2026-11-22T05:00Z or 05:00, got "yesterday"');
  });
});

/** Path and content of each file below a directory. */
async function everyFile(directory: string): Promise<[string, string][]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(
    paths.map(async (path): Promise<[string, string]> => [path, await readFile(path, 'latin1')]),
  );
}
