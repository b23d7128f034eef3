import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Aws, Bucket, startAws } from './aws.ts';

let aws: Aws;
let port: number;
beforeAll(async () => {
  aws = await startAws();
  aws.emulator.secrets.set('key', 'the-real-key');
  port = Number(new URL(aws.emulator.endpoint).port);
});
afterAll(() => aws.close());

const readSecret = { 'x-amz-target': 'secretsmanager.GetSecretValue' };

/** `fetch` would set the Host itself. */
async function ask(method: string, path: string, headers: OutgoingHttpHeaders, body?: string) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ host: '127.0.0.1', port, method, path, headers }, resolve).on('error', reject).end(body);
  });
  const text = (await response.setEncoding('utf8').toArray()).join('');
  return { status: response.statusCode, text };
}

describe('a web page gets nothing from the local services, and changes nothing', () => {
  test.each([
    { host: 'evil.example' },
    { host: 'evil' },
    { host: '127.0.0.1' },
    { host: '127.0.0.1:1' },
    { host: 'PORT.evil.example:PORT' },
    { host: `${Bucket}.localhost:PORT` },
    { host: '127.0.0.1:PORT', origin: 'https://evil.example' },
    { host: '127.0.0.1:PORT', origin: 'null' },
    { host: '127.0.0.1:PORT', origin: 'http://127.0.0.1:PORT' },
  ])('with %j [emulator-host]', async (given) => {
    const headers = JSON.parse(JSON.stringify(given).replaceAll('PORT', String(port)));
    const listing = await ask('GET', '/', headers);
    expect(listing).toEqual({ status: 403, text: expect.stringContaining('<Code>AccessDenied</Code>') });
    expect((await ask('PUT', `/${Bucket}/planted`, headers, 'x')).status).toBe(403);
    expect(aws.emulator.sizesIn(Bucket).size).toBe(0);
    const secret = await ask('POST', '/', { ...headers, ...readSecret }, '{"SecretId":"key"}');
    expect(secret.status).toBe(403);
    expect(secret.text).not.toContain('the-real-key');
    expect((await ask('OPTIONS', '/', headers)).status).not.toBe(200);
  });
});

test.each(['127.0.0.1', 'localhost'])(
  'a client of this computer is answered by the name %s',
  async (name) => {
    const host = `${name}:${port}`;
    expect((await ask('GET', `/${Bucket}?list-type=2`, { host })).status).toBe(200);
    const secret = await ask('POST', '/', { host, ...readSecret }, '{"SecretId":"key"}');
    expect(secret.text).toContain('the-real-key');
  },
);
