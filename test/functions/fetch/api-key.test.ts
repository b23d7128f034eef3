import { expect, test } from '@jest/globals';
import { ApiKey } from '../../../functions/fetch/api-key.ts';
import { FakeSecrets } from './fake-secrets.ts';

function keyFrom(aws: FakeSecrets): ApiKey {
  return new ApiKey(aws.client, 'weather/key');
}

test('the secret is read once, also when many ask at the same time', async () => {
  const aws = new FakeSecrets('first');
  const key = keyFrom(aws);
  expect(await Promise.all([key.get(), key.get(), key.get()])).toEqual(['first', 'first', 'first']);
  aws.secret = 'second';
  expect(await key.get()).toBe('first');
  expect(aws.reads).toBe(1);
});

test('spaces and a line break around the key are not part of it', async () => {
  expect(await keyFrom(new FakeSecrets(' first\n')).get()).toBe('first');
});

test.each([undefined, '', ' \n'])('a secret that holds %j is refused by its name', async (value) => {
  await expect(keyFrom(new FakeSecrets(value)).get()).rejects.toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining('"weather/key" is empty'),
  });
});

test('a failed read is not kept: the next one asks again', async () => {
  const aws = new FakeSecrets('first');
  const key = keyFrom(aws);
  aws.failure = new Error('no network');
  await expect(Promise.all([key.get(), key.get()])).rejects.toThrow('no network');
  aws.failure = undefined;
  expect(await key.get()).toBe('first');
  expect(aws.reads).toBe(2);
});

test('an empty secret is read again once somebody has filled it', async () => {
  const aws = new FakeSecrets('');
  const key = keyFrom(aws);
  await expect(key.get()).rejects.toThrow('is empty');
  aws.secret = 'first';
  expect(await key.get()).toBe('first');
});

test('a refused key is read anew once, for all who held it', async () => {
  const aws = new FakeSecrets('first');
  const key = keyFrom(aws);
  await key.get();
  aws.secret = 'second';
  expect(await Promise.all([key.renew('first'), key.renew('first'), key.renew('first')])).toEqual([
    'second',
    'second',
    'second',
  ]);
  expect(await key.renew('first')).toBe('second');
  expect(await key.get()).toBe('second');
  expect(aws.reads).toBe(2);
});

test('a refused key that was not rotated stays what it is', async () => {
  const aws = new FakeSecrets('first');
  const key = keyFrom(aws);
  await key.get();
  expect(await key.renew('first')).toBe('first');
  expect(aws.reads).toBe(2);
});
