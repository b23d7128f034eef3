import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Aws } from '../../aws.ts';
import { startWorker, type Worker } from '../worker.ts';
import { converted, rawKey, response } from './converted.ts';

const curatedKey = rawKey.replace('.json', '.parquet');

let worker: Worker;
let aws: Aws;
beforeAll(async () => {
  worker = await startWorker();
  ({ aws } = worker);
});
afterEach(() => worker.empty());
afterAll(() => worker.stop());

async function temperatures(): Promise<unknown[]> {
  const rows = await worker.rows(curatedKey);
  return rows.map(({ temp_c }) => temp_c);
}

describe('a large object', () => {
  /** Text that does not compress: so much of it makes a Parquet file of several parts. */
  const noise = createHash('shake256', { outputLength: 15_000_000 }).update('seed').digest('base64');
  /** Lines of 4 MB; a row group has four of them. */
  const fiveLines = Array.from({ length: 5 }, (_, line) =>
    response({ temp_c: line }, noise.slice(line * 4_000_000, (line + 1) * 4_000_000)),
  );
  const lines = fiveLines.slice(0, 3);

  /** Counts the requests, and answers some of them with a failure. */
  function watch(fails: (action: string, time: number) => boolean = () => false): Map<string, number> {
    const times = new Map<string, number>();
    aws.fault = ({ action }) => {
      const time = (times.get(action) ?? 0) + 1;
      times.set(action, time);
      return fails(action, time) ? { status: 500, code: 'InternalError' } : undefined;
    };
    return times;
  }

  test('goes up in parts', async () => {
    await aws.put('raw', rawKey, lines.join('\n'));
    const times = watch();
    expect(await worker.convert(rawKey)).toMatchObject({ kind: 'converted', tables: [{ rows: 3 }] });
    expect(Object.fromEntries(times)).toMatchObject({
      GetObject: 1,
      CreateMultipartUpload: 1,
      UploadPart: expect.any(Number),
      CompleteMultipartUpload: 1,
      HeadObject: 2,
    });
    expect(times.has('PutObject')).toBe(false);
    expect(await temperatures()).toEqual([0, 1, 2]);
    const { file } = await converted(lines.join('\n'));
    expect((await aws.object('curated', curatedKey)).body.equals(file)).toBe(true);
  });

  test.each([
    ['its last line is broken', [...fiveLines, ...fiveLines, '{"location":'], undefined],
    ['its second part fails', lines, 'UploadPart'],
    ['it cannot be completed', lines, 'CompleteMultipartUpload'],
  ])('of which %s leaves nothing behind [upload-faults]', async (_what, content, failing) => {
    await aws.put('raw', rawKey, content.join('\n'));
    const times = watch((action, time) => action === failing && (time > 1 || action !== 'UploadPart'));
    await expect(worker.convert(rawKey)).rejects.toThrow();
    expect(times.get('CreateMultipartUpload')).toBe(1);
    expect(times.get('AbortMultipartUpload')).toBe(1);
    expect(await aws.keys('curated')).toEqual([]);
  });

  test.each([
    ['its last line is broken', '\n{"location":', undefined],
    ['the small file of its other table fails', '', 'PutObject'],
  ])('of two tables, of which %s, leaves no upload open [upload-faults]', async (_what, end, failing) => {
    const key = 'weatherapi/history/dt=2026-11-21/large.json';
    const answers = Array.from({ length: 9 }, (_, line) => {
      const text = noise.slice(line * 2_000_000, (line + 2) * 2_000_000);
      const hour = [{ temp_c: line, condition: { text } }];
      return JSON.stringify({
        location: { name: 'Oslo' },
        forecast: { forecastday: [{ date: '2026-11-21', hour }] },
      });
    });
    await aws.put('raw', key, `${answers.join('\n')}${end}`);
    const times = watch((action) => action === failing);
    await expect(worker.convert(key)).rejects.toThrow();
    expect(times.get('CreateMultipartUpload')).toBe(1);
    const closed = ['AbortMultipartUpload', 'CompleteMultipartUpload'].map(
      (action) => times.get(action) ?? 0,
    );
    expect(closed.reduce((sum, count) => sum + count)).toBe(1);
    watch();
    await aws.put('raw', key, answers.join('\n'));
    expect(await worker.convert(key)).toMatchObject({ tables: [{ rows: 9 }, { rows: 9 }] });
  });

  test('that is not what it was when its upload ends starts over', async () => {
    await aws.put('raw', rawKey, lines.join('\n'));
    worker.after = async (action, time) => {
      if (action !== 'UploadPart' || time > 1) return;
      await aws.put('raw', rawKey, response({ temp_c: 7 }));
      await worker.convert(rawKey);
    };
    expect(await worker.convert(rawKey)).toMatchObject({ tables: [{ rows: 1 }] });
    expect(await temperatures()).toEqual([7]);
  });
});
