import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { setKeyCommand } from '../../cli/commands/set-key.ts';
import { readSecret } from '../../cli/terminal/secret-input.ts';
import { parseApiKey } from '../../operations/api-key.ts';
import { defaultApiKeySecret } from '../../shared/api-key-secret.ts';
import { type Cloud, type Ended, runTdf, startCloud } from './cloud.ts';
import { useAssembly } from './state.ts';

/** Looks like WeatherAPI's, and is nobody's. */
const key = 'c0ffee0123456789c0ffee01234567';
const otherKey = 'beefee0123456789beefee01234567';

jest.setTimeout(60_000); // Each command is a process of its own.

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterEach(() => cloud.emulator.secrets.clear());
afterAll(() => cloud.close());

function expectNoKey({ stdout, stderr }: Ended): void {
  for (const secret of [key, otherKey]) {
    expect(stdout).not.toContain(secret);
    expect(stderr).not.toContain(secret);
  }
}

describe('tdf set-key', () => {
  test("creates the stack's secret from standard input, then replaces its value, and shows neither", async () => {
    const created = await cloud.process(['set-key'], { input: `${key}\n` });
    expect(created).toMatchObject({ code: 0, stderr: '' });
    expect(created.stdout).toContain('Created the secret team/weatherapi-key');
    expect([...cloud.emulator.secrets]).toEqual([['team/weatherapi-key', key]]);

    const replaced = await cloud.process(['set-key', '--json'], { input: `  ${otherKey}\r\n` });
    expect(JSON.parse(replaced.stdout)).toEqual({
      secret: 'team/weatherapi-key',
      stored: 'replaced',
      kept: true,
    });
    expect([...cloud.emulator.secrets]).toEqual([['team/weatherapi-key', otherKey]]);
    for (const ended of [created, replaced]) expectNoKey(ended);
  });

  test('before the first deployment puts the key where the stack will look for it', async () => {
    const ended = await cloud.process(['set-key', '--stage', 'new'], { input: key });
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('npx cdk deploy -c stage=new');
    expect([...cloud.emulator.secrets]).toEqual([[defaultApiKeySecret, key]]);

    await cloud.process(['set-key', '--stage', 'new', '--secret', 'mine'], { input: key });
    expect(cloud.emulator.secrets.get('mine')).toBe(key);
  });

  test('does not put the key where the stack does not look for it', async () => {
    const ended = await cloud.process(['set-key', '--secret', 'mine'], { input: key });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('reads its key from the secret team/weatherapi-key, not from mine');
    expect(cloud.emulator.secrets.size).toBe(0);
    expectNoKey(ended);
  });

  test('refuses what cannot be a key, and stores nothing', async () => {
    const ended = await cloud.process(['set-key'], { input: `${key}\n${otherKey}\n` });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('white space');
    expect(cloud.emulator.secrets.size).toBe(0);
    expectNoKey(ended);

    expect(() => parseApiKey(' \n')).toThrow('The key is empty');
    for (const text of [`${key} ${otherKey}`, `${key}\t`.repeat(2), `${key}\u0000`, 'schlüssel']) {
      expect(() => parseApiKey(text)).toThrow(/^The key has white space or other unusual characters in it;/);
    }
  });

  test('refuses a key that is given as an argument without repeating it', async () => {
    const ended = await cloud.process(['set-key', key], { input: otherKey });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('takes no arguments');
    expect(cloud.emulator.secrets.size).toBe(0);
    expectNoKey(ended);
  });

  test.each([
    ['an argument after two dashes', ['--', key]],
    ['an option of its own', [`--key=${key}`]],
    ['an option and its value', ['--key', key]],
    ['the value of an option that takes none', [`--json=${key}`]],
    ['a short option', [`-k${key}`]],
  ])('refuses %s without repeating it', async (_, args) => {
    let printed = '';
    const command = setKeyCommand()
      .exitOverride()
      .configureOutput({
        writeOut: (text) => {
          printed += text;
        },
        writeErr: (text) => {
          printed += text;
        },
      });
    const refused = await command.parseAsync(args, { from: 'user' }).catch(String);
    expect(printed).toContain('takes no arguments');
    expect(`${refused}${printed}`).not.toContain(key);
  });

  test('--dry-run asks for no key and says what would happen', async () => {
    const first = await cloud.tdf('set-key', '--dry-run');
    expect(first.stdout).toContain('Would create the secret team/weatherapi-key');
    cloud.emulator.secrets.set('team/weatherapi-key', key);
    const second = await cloud.tdf('set-key', '--dry-run', '--json');
    expect(JSON.parse(second.stdout)).toMatchObject({ stored: 'replaced', dryRun: true });
    expect([...cloud.emulator.secrets]).toEqual([['team/weatherapi-key', key]]);
  });

  test('takes a stack that never came up for none, so that the key can be there for the next try', async () => {
    const { status, outputs } = cloud.stack;
    Object.assign(cloud.stack, { status: 'ROLLBACK_COMPLETE', outputs: {} });
    const { stdout } = await cloud.tdf('set-key', '--dry-run', '--secret', 'mine');
    Object.assign(cloud.stack, { status, outputs });
    expect(stdout).toContain('Would create the secret mine');
  });

  test('a refusal that repeats the key is reported without it', async () => {
    const service = await startService(({ action, SecretString }) =>
      action === 'DescribeSecret'
        ? { status: 200 }
        : {
            status: 400,
            type: 'InvalidParameterException',
            message: `Value '${SecretString}' at 'secretString' failed to satisfy constraint`,
          },
    );
    const ended = await cloud.process(['set-key'], {
      input: key,
      env: { AWS_ENDPOINT_URL_SECRETS_MANAGER: service.endpoint },
    });
    await service.close();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("Value '***' at 'secretString' failed");
    expectNoKey(ended);
  });

  test('a secret that waits to be deleted is taken back first', async () => {
    let doomed = true;
    let stored: string | undefined;
    const service = await startService(({ action, SecretString }) => {
      if (action === 'DescribeSecret') return { status: 200, DeletedDate: 1_795_323_600 };
      if (action === 'RestoreSecret') doomed = false;
      else if (doomed) {
        const message = "You can't perform this operation on the secret because it was marked for deletion.";
        return { status: 400, type: 'InvalidRequestException', message };
      } else stored = SecretString;
      return { status: 200 };
    });
    const ended = await cloud.process(['set-key'], {
      input: key,
      env: { AWS_ENDPOINT_URL_SECRETS_MANAGER: service.endpoint },
    });
    await service.close();
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('back from deletion') });
    expect(stored).toBe(key);
  });
});

describe('tdf set-key --local', () => {
  test('goes the same way, and says that a local run takes the key from the environment', async () => {
    const state = await mkdtemp(join(tmpdir(), 'set-key-'));
    await useAssembly(state);
    const ended = await runTdf(['set-key', '--local', '--state', state], { input: key });
    const refused = await runTdf(['set-key', '--local', '--state', state], { input: '' });
    await rm(state, { recursive: true });

    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toContain('Created the secret tdf/weatherapi-key.');
    expect(ended.stdout).toContain('WEATHERAPI_KEY');
    expectNoKey(ended);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('The key is empty') });
  });
});

describe('a person who types the key', () => {
  test('does not see it', async () => {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode() {} });
    const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    const shown = text(output);
    const typed = readSecret('Key', { input, output });
    for (const character of `${key}\r`) input.write(character);
    expect(await typed).toBe(key);
    output.end();
    expect(await shown).toContain('Key');
    expect(await shown).not.toContain(key.slice(0, 4));
  });

  test('changes nothing by Ctrl-C', async () => {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode() {} });
    const output = new PassThrough().resume();
    const typed = readSecret('Key', { input, output });
    input.write('\u0003');
    await expect(typed).rejects.toThrow('Nothing was changed');
  });
});

/** A Secrets Manager that answers as it is told. */
async function startService(
  answer: (call: { action: string; SecretString?: string }) => {
    status: number;
    type?: string;
    message?: string;
    DeletedDate?: number;
  },
) {
  const server = createServer(async (request, response) => {
    const body = JSON.parse(String(Buffer.concat(await Array.fromAsync(request))));
    const action = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const { status, type: __type, ...members } = answer({ ...body, action });
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ __type, ...members }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
