import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { s3Client } from '../../shared/s3-client.ts';

let server: Server;
let s3: S3Client;

/** Answers with the checksum that the key names. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const algorithm = new URL(request.url ?? '', 'http://localhost').pathname.split('/').at(-1);
    response.writeHead(200, {
      [`x-amz-checksum-${algorithm}`]: 'AAAA',
      'x-amz-checksum-type': 'FULL_OBJECT',
    });
    response.end('{}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  s3 = s3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
});
afterAll(() => {
  s3.destroy();
  server.close();
});

test.each(['sha512', 'xxhash64', 'xxhash3', 'xxhash128', 'md5', 'crc64nvme', 'sha256', 'crc32'])(
  'an object with a checksum of the algorithm %s is read',
  async (Key) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'raw', Key }));
    expect(await Body?.transformToString()).toBe('{}');
  },
);
