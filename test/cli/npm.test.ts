import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Option } from 'commander';
import { swallowedOptions } from '../../cli/npm.ts';
import { filedKey, parseRawKey } from '../../shared/keys.ts';

/** Types a command in a folder of the project, in a shell without npm's own variables. */
function typed(folder: string, command: string, ...args: string[]) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD/.test(name)),
  );
  return new Promise<{ code: number; stdout: string; stderr: string }>((end) =>
    execFile(command, args, { cwd: resolve(folder), env }, (error, stdout, stderr) =>
      end({ code: error ? Number(error.code) : 0, stdout, stderr }),
    ),
  );
}

describe('the binary', () => {
  test('is what npx runs from any folder of the project, with paths as they are typed there', async () => {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'npm-')));
    const file = join(directory, 'oslo.json');
    await writeFile(file, '{"location":{"name":"Oslo"},"current":{"last_updated_epoch":1795323600}}');
    const path = relative('test/cli', file);
    const { code, stdout } = await typed('test/cli', 'npx', 'tdf', 'drop', path, '--dry-run', '--json');
    await rm(directory, { recursive: true });
    const key = filedKey(parseRawKey('weatherapi/current/oslo.json'), '2026-11-22');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ files: [{ file: path, objects: [{ key }] }], dryRun: true });
  });

  test('as npm run tdf neither looks at AWS nor changes it unless that is said behind two dashes', async () => {
    const [status, replay] = await Promise.all([
      typed('test', 'npm', 'run', 'tdf', 'status', '--local'),
      typed('test', 'npm', 'run', 'tdf', 'replay', '--local', '--dry-run'),
    ]);
    expect(status).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'npm may have dropped --local, so say which deployment you mean: npx tdf status --local or npx tdf status --stage dev',
      ),
    });
    expect(replay).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'npm took --dry-run for itself. Type: npx tdf replay --dry-run --local or npx tdf replay --dry-run --stage dev',
      ),
    });
  });
});

describe('options that npm keeps', () => {
  const options = ['--dry-run', '--at <time>', '--no-wait', '--json', '--prefix <key>', '--yes'].map(
    (flags) => new Option(flags),
  );
  const kept = (env: Record<string, string>, ...args: string[]) =>
    swallowedOptions(options, args, env).map(({ long }) => long);

  test('are found in the environment, whether npm hands a value on or not', () => {
    const env = { npm_config_dry_run: 'true', npm_config_at: '10:15', npm_config_wait: '' };
    expect(kept(env)).toEqual(['--dry-run', '--at', '--no-wait']);
    expect(kept({ ...env, npm_config_json: 'true' }, '--dry-run', '--at=10:15', '--no-wait')).toEqual([
      '--json',
    ]);
  });

  test('are not what npm always sets, or a person has set for npm', () => {
    const env = {
      npm_config_prefix: '/usr',
      npm_config_yes: 'true',
      npm_config_json: '',
      npm_config_dry_run: 'false',
    };
    expect(kept(env)).toEqual([]);
    expect(kept({})).toEqual([]);
  });
});
