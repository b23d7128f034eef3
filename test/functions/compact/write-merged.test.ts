import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { mergedParts } from '../../../functions/compact/merge.ts';
import { tableDayOf } from '../../../shared/keys.ts';
import { type Aws, startAws } from '../../aws.ts';
import { slowDown } from '../data-stage/stage-function.ts';

let isClosed = false;
const endless: typeof mergedParts = async function* () {
  try {
    for (;;) yield new Uint8Array(1024 ** 2);
  } finally {
    isClosed = true;
  }
};
jest.unstable_mockModule('../../../functions/compact/merge.ts', () => ({ mergedParts: endless }));
const { writeMerged } = await import('../../../functions/compact/write-merged.ts');

let aws: Aws;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.stop());

test('when the upload fails, no part is read any more', async () => {
  aws.fault = slowDown('CreateMultipartUpload');
  const { signal } = new AbortController();
  const writing = writeMerged(
    tableDayOf('weatherapi/current/dt=2026-11-22/'),
    { parts: [], digest: '0', replaces: undefined },
    { s3: aws.s3, curated: 'curated', compacted: 'compacted', signal },
  );
  await expect(writing).rejects.toMatchObject({ name: 'SlowDown' });
  expect(isClosed).toBe(true);
});
