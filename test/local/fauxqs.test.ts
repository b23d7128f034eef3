import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { PersistenceManager, S3Store, SqsStore } from '../../local/aws/fauxqs.ts';

test('fauxqs is the version whose files, and whose faults, local/aws knows: look at each comment there when it changes', () => {
  const { version } = JSON.parse(readFileSync('node_modules/fauxqs/package.json', 'utf8'));
  expect(version).toBe('2.4.1');
});

test('the stores of fauxqs have what local/aws overrides or calls beside their requests', () => {
  const methods: [object, string[]][] = [
    [S3Store.prototype, ['createBucket', 'getObject', 'headObject', 'listObjects']],
    [S3Store.prototype, ['uploadPart', 'completeMultipartUpload', 'abortMultipartUpload', 'restoreObject']],
    [SqsStore.prototype, ['allQueues', 'createQueue', 'getQueue', 'getQueueByArn']],
    [PersistenceManager.prototype, ['loadSqsAndSns', 'updateMessageReady', 'close']],
  ];
  for (const [prototype, names] of methods) {
    for (const name of names) expect(prototype).toHaveProperty(name, expect.any(Function));
  }
  const store = new S3Store();
  store.createBucket('lake-raw');
  store.putObject('lake-raw', 'k', Buffer.from('x'));
  expect(store).toHaveProperty(['buckets'], new Map([['lake-raw', new Map([['k', expect.anything()]])]]));
  expect(store).toHaveProperty('multipartUploads', expect.any(Map));
});
