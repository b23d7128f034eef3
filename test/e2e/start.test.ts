import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'start-'));
});
afterAll(() => rm(directory, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the start command as npm does, without a key. */
function start(...args: string[]): Promise<Ended> {
  const { WEATHERAPI_KEY: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(process.execPath, ['cli/start.ts', ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

describe('npm start', () => {
  test('--json prints nothing but the result: keys, rows and what was skipped; the same with --faults', async () => {
    const state = join(directory, 'json');
    const { code, stdout } = await start(
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
        'fail:500',
      ],
    );
    const result = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(result).toEqual({
      raw: ['weatherapi/current/dt=2026-11-22/20261122T050000Z.json'],
      curated: ['weatherapi/current/dt=2026-11-22/20261122T050000Z.parquet'],
      rows: [expect.objectContaining({ location_name: 'Oslo', observed_at: '2026-11-22T05:00:00.000Z' })],
      deadLetters: [],
      skipped: [{ location: 'fail:500', reason: 'HTTP 500 (after 3 tries)' }],
    });
    // Where it says that the objects are, they are, as they are.
    const raw = await readFile(join(state, 's3/raw', result.raw[0]), 'utf8');
    expect(JSON.parse(raw).location.name).toBe('Oslo');
  }, 60_000);

  test('--drop puts files into raw; one that cannot be converted makes it fail, with the reason, and loses nothing', async () => {
    const good = join(directory, 'good.json');
    const bad = join(directory, 'bad.json');
    await writeFile(
      good,
      JSON.stringify({ location: { name: 'Oslo' }, current: { last_updated_epoch: 1_795_323_600 } }),
    );
    await writeFile(bad, '{"error":{"code":1006,"message":"No matching location found."}}');
    const state = join(directory, 'drop');
    const { code, stdout, stderr } = await start('--state', state, '--drop', good, bad);

    expect(code).toBe(1);
    expect(stderr).toContain('weatherapi/current/bad.json: Record 1 is an error answer (code 1006');
    expect(stdout).toContain('converted 1 object');
    expect(stdout).toMatch(/Curated {2}.*dt=2026-11-22\/good[.\w]*\.parquet/);
    expect(await readFile(join(state, 's3/raw/weatherapi/current/bad.json'), 'utf8')).toContain('1006');
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
