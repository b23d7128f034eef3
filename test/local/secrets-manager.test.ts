import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Emulator, startEmulator } from '../../local/aws/emulator.ts';

const region = 'us-east-1';
const name = 'weather/api-key';
const value = 'swordfish-0123';

let stateDir: string;
let emulator: Emulator;
let client: SecretsManagerClient;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'secrets-'));
  emulator = await startEmulator({ stateDir, region });
  emulator.secrets.set(name, value);
  client = new SecretsManagerClient({
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    endpoint: emulator.endpoint,
    maxAttempts: 1,
  });
});

afterEach(async () => {
  client.destroy();
  await emulator.close();
  await rm(stateDir, { recursive: true });
});

const get = (SecretId: string) => client.send(new GetSecretValueCommand({ SecretId }));

test('a secret is read by its name and by its ARN', async () => {
  const { ARN = '', SecretString, Name, VersionId } = await get(name);
  expect({ SecretString, Name }).toEqual({ SecretString: value, Name: name });
  expect(ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:weather\/api-key-[0-9a-f]{6}$/);
  expect(await get(ARN)).toMatchObject({ SecretString: value, VersionId });
});

test('a new value is what the next read answers, under another version', async () => {
  const before = await get(name);
  const put = await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: 'new' }));
  expect(await get(name)).toMatchObject({ SecretString: 'new', VersionId: put.VersionId });
  expect(put.VersionId).not.toBe(before.VersionId);
  emulator.secrets.set(name, 'newer');
  expect((await get(name)).SecretString).toBe('newer');
});

test('a secret is created once, described without its value, and deleted', async () => {
  const create = new CreateSecretCommand({ Name: 'other', SecretString: value });
  const { ARN } = await client.send(create);
  await expect(client.send(create)).rejects.toMatchObject({ name: 'ResourceExistsException' });
  const described = await client.send(new DescribeSecretCommand({ SecretId: 'other' }));
  expect(described).toMatchObject({ ARN, Name: 'other' });
  expect(JSON.stringify(described)).not.toContain(value);
  await client.send(new DeleteSecretCommand({ SecretId: ARN }));
  expect([...emulator.secrets.keys()]).toEqual([name]);
});

test.each([
  ['GetSecretValue', () => get('none')],
  ['DescribeSecret', () => client.send(new DescribeSecretCommand({ SecretId: 'none' }))],
  ['DeleteSecret', () => client.send(new DeleteSecretCommand({ SecretId: 'none' }))],
])('%s of a missing secret is ResourceNotFoundException', async (_action, call) => {
  await expect(call()).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 400 },
  });
});

test('a missing secret is not created by a new value', async () => {
  const put = new PutSecretValueCommand({ SecretId: 'none', SecretString: value });
  await expect(client.send(put)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  expect([...emulator.secrets.keys()]).toEqual([name]);
});

test('what is not emulated says so', async () => {
  await expect(client.send(new ListSecretsCommand({}))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: 'ListSecrets is not emulated.',
  });
});

test.each([
  `{"SecretId":"none","SecretString":"${value}"}`,
  `{"Name":"${name}","SecretString":"${value}"}`,
  `{"SecretString":"${value}"`,
  value,
  'null',
])('no error repeats the value: %s', async (body) => {
  for (const action of ['PutSecretValue', 'CreateSecret', 'Other']) {
    const answer = await fetch(emulator.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `secretsmanager.${action}` },
      body,
    });
    expect(answer.ok).toBe(false);
    expect(await answer.text()).not.toContain(value);
  }
});
