import { describe, expect, test } from '@jest/globals';
import { s3Requirements, sqsRequirements } from '../../../local/iam/requests.ts';

const raw = 'arn:aws:s3:::raw';
const object = `${raw}/a`;

describe('S3', () => {
  const required = (action: string, { query = {}, headers = {}, exists = true, key = 'a' } = {}) =>
    s3Requirements({
      call: { service: 's3', method: 'any', action, bucket: 'raw', ...(key ? { key } : {}) },
      query,
      headers,
      exists,
    });

  test.each<[string, string, object, [action: string, resource: string][]]>([
    ['GetObject', '', {}, [['s3:GetObject', object]]],
    ['HeadObject', ' of a part', { query: { partNumber: '1' } }, [['s3:GetObject', object]]],
    // S3 tells only those who may list that there is none.
    [
      'GetObject',
      ' of an object that is not there',
      { exists: false },
      [
        ['s3:GetObject', object],
        ['s3:ListBucket', raw],
      ],
    ],
    ['PutObject', '', { headers: { 'if-none-match': '*' } }, [['s3:PutObject', object]]],
    [
      'PutObject',
      ' that compares',
      { headers: { 'if-match': '"x"' } },
      [
        ['s3:PutObject', object],
        ['s3:GetObject', object],
      ],
    ],
    ['CreateMultipartUpload', '', { query: { uploads: '' } }, [['s3:PutObject', object]]],
    ['UploadPart', '', { query: { uploadId: '1', partNumber: '1' } }, [['s3:PutObject', object]]],
    ['CompleteMultipartUpload', '', { query: { uploadId: '1' } }, [['s3:PutObject', object]]],
    ['AbortMultipartUpload', '', { query: { uploadId: '1' } }, [['s3:AbortMultipartUpload', object]]],
    [
      'DeleteObject',
      ' that compares',
      { headers: { 'if-match': '"x"' }, query: { 'x-id': 'DeleteObject' } },
      [
        ['s3:DeleteObject', object],
        ['s3:GetObject', object],
      ],
    ],
    [
      'CopyObject',
      ' without its tags',
      { headers: { 'x-amz-copy-source': '/other/b%20c', 'x-amz-tagging-directive': 'REPLACE' } },
      [
        ['s3:GetObject', 'arn:aws:s3:::other/b c'],
        ['s3:PutObject', object],
      ],
    ],
    [
      'CopyObject',
      '',
      { headers: { 'x-amz-copy-source': 'other/b' } },
      [
        ['s3:GetObject', 'arn:aws:s3:::other/b'],
        ['s3:PutObject', object],
        ['s3:GetObjectTagging', 'arn:aws:s3:::other/b'],
        ['s3:PutObjectTagging', object],
      ],
    ],
  ])('%s%s requires what AWS says', (action, _how, request, expected) => {
    const all = required(action, request);
    expect(all).toEqual(expected.map(([name, resource]) => ({ action: name, resource })));
  });

  test('a listing requires s3:ListBucket, and tells its prefix', () => {
    const query = { 'list-type': '2', prefix: 'a/', 'max-keys': '1', 'encoding-type': 'url' };
    expect(required('ListObjectsV2', { query, key: '' })).toEqual([
      { action: 's3:ListBucket', resource: raw, context: { 's3:prefix': 'a/', 's3:max-keys': '1' } },
    ]);
  });

  test.each([
    ['UploadPartCopy', 'UploadPartCopy', {}],
    ['GetObject', 'GetObject with acl', { query: { acl: '' } }],
    ['GetObject', 'GetObject with uploadId', { query: { uploadId: '1' } }],
    ['PutObject', 'PutObject with x-amz-tagging', { headers: { 'x-amz-tagging': 'a=b' } }],
    ['CopyObject', 'CopyObject with x-amz-acl', { headers: { 'x-amz-acl': 'private' } }],
    ['constructor', 'constructor', {}],
  ])('%s is not known, as %s', (action, name, request) => {
    expect(required(action, request)).toEqual([
      { action: `s3:${action}`, resource: object, unknown: `${name}; see local/iam/requests.ts` },
    ]);
  });
});

describe('SQS', () => {
  const prefix = 'arn:aws:sqs:us-east-1:000000000000:';
  const body = { QueueUrl: 'http://127.0.0.1:1/000000000000/work' };

  test.each([
    ...['SendMessage', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility'].map((name) => [
      name,
      name,
    ]),
    ...['GetQueueAttributes', 'GetQueueUrl', 'PurgeQueue'].map((name) => [name, name]),
    ['SendMessageBatch', 'SendMessage'],
    ['ChangeMessageVisibilityBatch', 'ChangeMessageVisibility'],
  ])('%s requires sqs:%s', (action, permission) => {
    const expected = [{ action: `sqs:${permission}`, resource: `${prefix}work` }];
    expect(sqsRequirements(action, body, prefix)).toEqual(expected);
    expect(sqsRequirements(action, { QueueName: 'work' }, prefix)).toEqual(expected);
  });

  test.each([
    ['ListQueues', {}],
    ['ReceiveMessageBatch', body],
    ['SendMessage', undefined],
  ])('%s of %j is not known', (action, given) => {
    const unknown = `${action}; see local/iam/requests.ts`;
    expect(sqsRequirements(action, given, prefix)).toEqual([
      { action: `sqs:${action}`, resource: '*', unknown },
    ]);
  });
});
