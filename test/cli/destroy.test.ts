import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startEmulator } from '../../local/aws/emulator.ts';
import { type Destruction, destroyStack, type RunCdk } from '../../operations/destroy/destroy-stack.ts';
import { removeStateDirectory } from '../../operations/destroy/state-directory.ts';
import { type Cloud, startCloud, tdf } from './cloud.ts';

const secretName = 'team/weatherapi-key';

describe('tdf destroy', () => {
  let cloud: Cloud;
  let cdkCalls: (readonly string[])[];
  beforeEach(async () => {
    cloud = await startCloud();
    cloud.emulator.secrets.set(secretName, 'the key');
    cdkCalls = [];
  });
  afterEach(() => cloud.close());

  /** Stands in for the CDK: the stack goes, unless somebody says no. */
  const cdk =
    (code = 0, agreed = true): RunCdk =>
    async (args) => {
      cdkCalls.push(args);
      if (code === 0 && agreed) cloud.stages.delete('prod');
      return code;
    };
  const destroy = (runCdk: RunCdk, destruction: Partial<Destruction> = {}) => {
    cloud.stages.add('prod');
    return destroyStack(
      { stage: 'prod', force: false, secretName, deleteSecret: async () => true, ...destruction },
      { cdk: runCdk, stackExists: async () => cloud.stages.has('prod'), secrets: cloud.clients.secrets },
    );
  };

  test('runs the CDK for the stage, which asks unless told not to', async () => {
    await destroy(cdk());
    await destroy(cdk(), { force: true });
    expect(cdkCalls).toEqual([
      ['destroy', '--context', 'stage=prod'],
      ['destroy', '--context', 'stage=prod', '--force'],
    ]);
  });

  test('deletes the secret only when that is wanted, and only once the stack is gone', async () => {
    expect(await destroy(cdk(), { deleteSecret: async () => false })).toBe('kept');
    expect(cloud.emulator.secrets.has(secretName)).toBe(true);

    const asked: boolean[] = [];
    const deleteSecret = async () => {
      asked.push(cloud.stages.has('prod'));
      return true;
    };
    expect(await destroy(cdk(), { deleteSecret })).toBe('deleted');
    expect(asked).toEqual([false]);
    expect(cloud.emulator.secrets.has(secretName)).toBe(false);
    expect(await destroy(cdk())).toBe('absent');
  });

  test.each([
    ['the CDK fails', 1, true],
    ['somebody says no to the CDK', 0, false],
  ])('leaves the secret alone when %s', async (_, code, agreed) => {
    const outcome = await destroy(cdk(code, agreed)).catch((error: Error) => error.message);
    expect(outcome).toEqual(code === 0 ? undefined : expect.stringContaining('exit code 1'));
    expect(cloud.emulator.secrets.get(secretName)).toBe('the key');
  });

  test('--dry-run says what would happen, and nothing does', async () => {
    const { code, stdout } = await cloud.tdf('destroy', '--dry-run', '--yes', '--delete-secret');
    expect(code).toBe(0);
    expect(stdout).toContain('npx cdk destroy --context stage=dev --force');
    expect(stdout).toContain('TdfWeather-dev');
    expect(stdout).toContain('raw\n  curated\n  compacted\n');
    expect(stdout).toContain(`${secretName}: would be deleted`);
    expect(cloud.emulator.secrets.get(secretName)).toBe('the key');

    const json = await cloud.tdf('destroy', '--dry-run', '--json');
    expect(JSON.parse(json.stdout)).toEqual({
      stack: 'TdfWeather-dev',
      buckets: ['raw', 'curated', 'compacted'],
      cdk: ['destroy', '--context', 'stage=dev'],
      secretName,
      secret: 'kept',
      dryRun: true,
    });
  });

  test('asks a script for --yes before it does anything', async () => {
    const { code, stderr } = await cloud.tdf('destroy');
    expect(code).toBe(1);
    expect(stderr).toContain('say --yes');
    const both = await cloud.tdf('destroy', '--yes', '--keep-secret', '--delete-secret');
    expect(both).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be used with') });
    expect(cloud.emulator.secrets.has(secretName)).toBe(true);
  });
});

describe('tdf destroy --local', () => {
  let directory: string;
  let state: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'destroy-'));
    state = join(directory, 'state');
    const emulator = await startEmulator({ stateDir: state, region: 'us-east-1' });
    emulator.createBucket('raw');
    await emulator.close();
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('removes the state directory, when told to', async () => {
    const args = ['destroy', '--local', '--state', state];
    const planned = await tdf([...args, '--dry-run']);
    expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining(`Would remove ${state}`) });
    const unasked = await tdf(args);
    expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining('say --yes') });
    expect(existsSync(join(state, 's3'))).toBe(true);

    const removed = await tdf([...args, '--yes', '--json']);
    expect(JSON.parse(removed.stdout)).toEqual({ stateDirectory: state, removed: true, dryRun: false });
    expect(existsSync(state)).toBe(false);
    const again = await tdf([...args, '--yes']);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to remove') });
  });

  test('refuses a folder that is no state directory', async () => {
    const { code, stderr } = await tdf(['destroy', '--local', '--state', directory, '--yes']);
    expect(code).toBe(1);
    expect(stderr).toContain(`${directory} is not removed: it has neither s3/ nor queues/ in it`);
    expect(existsSync(state)).toBe(true);
  });

  test('refuses a folder that has more in it, such as a project with a folder s3', async () => {
    await writeFile(join(state, 'package.json'), '{}');
    await expect(removeStateDirectory(state)).rejects.toThrow(/more in it.*: package\.json$/);
    expect(existsSync(join(state, 's3'))).toBe(true);
  });

  test('refuses a state directory that a run is using', async () => {
    const emulator = await startEmulator({ stateDir: state, region: 'us-east-1' });
    await expect(removeStateDirectory(state)).rejects.toThrow(/in use by ".*" \(process \d+\), since/);
    await emulator.close();
    expect(existsSync(join(state, 's3'))).toBe(true);
  });

  test('follows no link: neither as the directory nor in it', async () => {
    const outside = join(directory, 'outside');
    await mkdir(join(outside, 's3'), { recursive: true });
    await writeFile(join(outside, 's3/precious'), 'kept');
    const link = join(directory, 'link');
    await symlink(state, link);
    await expect(removeStateDirectory(`${link}/`)).rejects.toThrow('it is a link');
    const fake = join(directory, 'fake');
    await mkdir(fake);
    await symlink(join(outside, 's3'), join(fake, 's3'));
    await expect(removeStateDirectory(fake)).rejects.toThrow('neither s3/ nor queues/');

    await symlink(outside, join(state, 's3/link'));
    await removeStateDirectory(state);
    expect(existsSync(state)).toBe(false);
    expect(await readFile(join(outside, 's3/precious'), 'utf8')).toBe('kept');
  });
});
