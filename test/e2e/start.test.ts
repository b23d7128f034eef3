import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readParquet } from '../../operations/query/parquet-rows.ts';
import { filedKey, parseRawKey } from '../../shared/keys.ts';
import { useAssembly } from '../cli/state.ts';

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

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the start command as npm does, without a key. */
function start(...args: string[]): Promise<Ended> {
  return startWith({}, ...args);
}

function startWith(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Ended> {
  const { WEATHERAPI_KEY: _, ...env } = process.env;
  return new Promise((resolve) => {
    const options = { env: { ...env, ...environment } };
    execFile(process.execPath, ['cli/start.ts', ...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

describe('npm start', () => {
  test('--json prints nothing but the result: keys, rows and what was skipped; the same with --faults', async () => {
    const [state, other] = await Promise.all([stateDir('json'), stateDir('shown')]);
    const [{ code, stdout }, shown] = await Promise.all([
      start(
        ...[
          '--json',
          '--faults',
          '3',
          '--state',
          state,
          '--at',
          '2026-11-22T05:30Z',
          '--location',
          'Oslo',
          '--location',
          'fail:html',
        ],
      ),
      start('--state', other, '--location', 'fail:503x1'),
    ]);
    // Without it, a person sees what is waited for.
    expect(shown.stdout).toContain('Waiting for WeatherAPI (HTTP 503): asking for one place again in 1 s');
    const result = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(result).toEqual({
      raw: ['weatherapi/current/dt=2026-11-22/20261122T050000Z.json'],
      curated: ['weatherapi/current/dt=2026-11-22/20261122T050000Z.parquet'],
      rows: [expect.objectContaining({ location_name: 'Oslo', observed_at: '2026-11-22T05:00:00.000Z' })],
      deadLetters: [],
      skipped: [
        {
          location: 'fail:html',
          reason: 'HTTP 200, but convert would refuse the body: not-json (after 3 tries)',
        },
      ],
    });
    // Where it says that the objects are, they are, as they are.
    const raw = await readFile(join(state, 's3/raw', result.raw[0]), 'utf8');
    expect(JSON.parse(raw).location.name).toBe('Oslo');
  }, 60_000);

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
    const args = ['--state', state, '--drop', ...good, ...bad];
    const { code, stdout, stderr } = await startWith(environment, ...args);

    expect(code).toBe(1);
    expect(stderr).toContain('weatherapi/current/bad.json: Record 1 is an error answer (code 1006');
    expect(stdout).toContain(`converted ${good.length} objects`);
    expect(stdout).toMatch(/Curated {2}.*dt=2026-11-22\/good[.\w]*\.parquet/);
    expect(await readFile(join(state, 's3/raw/weatherapi/current/bad.json'), 'utf8')).toContain('1006');

    // What they are called is data: each has its row, none has a place of its own choosing, none steers the terminal.
    const rows = await readParquet((await everyFile(join(state, 's3/curated'))).map(([path]) => path));
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
  }, 60_000);

  test('names everything that is wrong with its arguments before it starts anything', async () => {
    const { code, stderr } = await start('--drop', 'no-such-file.json', directory);
    expect(code).toBe(1);
    expect(stderr).toContain('no-such-file.json: there is no such file');
    expect(stderr).toContain(`${directory}: expected a file, got a folder`);

    const hour = await start('--at', 'yesterday');
    expect(hour.code).toBe(1);
    expect(hour.stderr).toContain('Expected a time such as 2026-11-22T05:00Z, got "yesterday"');
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
