import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Aws, startAws } from './aws.ts';

const name = 'weather/api-key';
const value = 'swordfish-0123';

let aws: Aws;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.close());
beforeEach(() => {
  aws.emulator.secrets.clear();
  aws.emulator.secrets.set(name, value);
});

const get = (SecretId: string) => aws.secrets.send(new GetSecretValueCommand({ SecretId }));
const put = (SecretId: string, SecretString: string) =>
  aws.secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));

test('a secret is read by its name and by its ARN, and a new value is what the next read answers', async () => {
  const { ARN = '', SecretString, Name } = await get(name);
  expect({ SecretString, Name }).toEqual({ SecretString: value, Name: name });
  expect(ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:weather\/api-key-[0-9a-f]{6}$/);
  await put(name, 'new');
  expect(await get(ARN)).toMatchObject({ SecretString: 'new' });
  aws.emulator.secrets.set(name, 'newer');
  expect(await get(name)).toMatchObject({ SecretString: 'newer' });
});

test('a secret is created once, described without its value, and deleted', async () => {
  const create = new CreateSecretCommand({ Name: 'other', SecretString: value });
  const { ARN } = await aws.secrets.send(create);
  await expect(aws.secrets.send(create)).rejects.toMatchObject({ name: 'ResourceExistsException' });
  const described = await aws.secrets.send(new DescribeSecretCommand({ SecretId: 'other' }));
  expect(described).toMatchObject({ ARN, Name: 'other' });
  expect(JSON.stringify(described)).not.toContain(value);
  await aws.secrets.send(new DeleteSecretCommand({ SecretId: ARN }));
  expect([...aws.emulator.secrets.keys()]).toEqual([name]);
});

test.each([
  ['GetSecretValue', () => get('none')],
  ['DescribeSecret', () => aws.secrets.send(new DescribeSecretCommand({ SecretId: 'none' }))],
  ['DeleteSecret', () => aws.secrets.send(new DeleteSecretCommand({ SecretId: 'none' }))],
  ['PutSecretValue', () => put('none', value)],
])('%s of a missing secret is ResourceNotFoundException, and makes none', async (_action, call) => {
  await expect(call()).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 400 },
  });
  expect([...aws.emulator.secrets]).toEqual([[name, value]]);
});

test('what is not emulated says so', async () => {
  await expect(aws.secrets.send(new ListSecretsCommand({}))).rejects.toMatchObject({
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
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `secretsmanager.${action}`,
    };
    const answer = await fetch(aws.emulator.endpoint, { method: 'POST', headers, body });
    expect(answer.ok).toBe(false);
    expect(await answer.text()).not.toContain(value);
  }
});
