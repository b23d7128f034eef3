import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DayPieces } from '../../operations/drop/day-pieces.ts';
import { planDrop } from '../../operations/drop/drop-files.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { curatedKey, dayOf, filedKey, parseRawKey } from '../../shared/keys.ts';
import { listObjects } from '../../shared/listing.ts';
import fc from '../fast-check.ts';
import { type Cloud, startCloud, tdf } from './cloud.ts';
import { useAssembly } from './state.ts';

const hour = 3_600_000;
const start = Date.parse('2026-11-21T22:00:00Z');
const record = (name: string, at: number) =>
  `{"location":{"name":"${name}"},"current":{"last_updated_epoch":${at / 1000},"temp_c":1.50}}`;
/** Hourly, from two hours before midnight. */
const hourly = (hours: number) =>
  Array.from({ length: hours }, (_, index) => record(`hour ${index}`, start + index * hour));
const keyIn = (day: string, name: string) => filedKey(parseRawKey(`weatherapi/current/${name}`), day);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drop-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

describe('tdf drop', () => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await startCloud();
  });
  afterEach(() => cloud.close());

  /** What raw holds, by key. */
  const raw = async () => {
    const found: Record<string, string> = {};
    for await (const { key } of listObjects(cloud.clients.s3, 'raw', { prefix: '' }))
      found[key] = await readFile(cloud.emulator.pathOf('raw', key), 'utf8');
    return found;
  };

  test('puts a file of up to 24 hours into raw as it is, though it is of two days', async () => {
    const content = hourly(25).join('\n');
    const path = await file('a day.json', content);
    const { code, stdout } = await cloud.tdf('drop', path);
    expect(code).toBe(0);
    expect(stdout).toContain('  weatherapi/current/a day.json\n');
    expect(await raw()).toEqual({ 'weatherapi/current/a day.json': content });
  });

  const records = hourly(75);
  const [first = '', ...others] = records;
  const pretty = JSON.stringify(JSON.parse(first), null, 2);
  test.each<[form: string, content: string | Uint8Array, records: string[]]>([
    ['lines', `${records.join('\r\n')}\n`, records],
    ['an array', `\uFEFF[\n${records.join(' ,\n')}]`, records],
    ['an array of records of several lines', `[${[pretty, ...others].join(',')}]`, [pretty, ...others]],
    ['lines of arrays', `[${records.slice(0, 30)}]\n[${records.slice(30)}]`, records],
    ['gzip', gzipSync(records.join('\n')), records],
    ['lines that are encoded twice', records.map((line) => JSON.stringify(line)).join('\n'), records],
    ['a text that is encoded twice', JSON.stringify(records.join('\n')), records],
  ])('splits longer %s by day, between records, whose bytes stay', async (_, content, expected) => {
    const path = await file('days.json', content);
    const planned = await cloud.tdf('drop', path, '--dry-run', '--json');
    expect(await raw()).toEqual({});

    const { code, stdout } = await cloud.tdf('drop', path, '--json');
    expect(code).toBe(0);
    const days = Object.groupBy(expected, (text) =>
      dayOf(new Date(JSON.parse(text).current.last_updated_epoch * 1000)),
    );
    expect(Object.keys(days)).toHaveLength(5);
    const pieces = Object.entries(days).map(([day, of = []]) => [
      keyIn(day, 'days.json'),
      `[\n${of.join(',\n')}\n]\n`,
    ]);
    expect(await raw()).toEqual(Object.fromEntries(pieces));
    const files = [{ file: path, keys: pieces.map(([key]) => key) }];
    expect(JSON.parse(stdout)).toEqual({ files, dryRun: false });
    expect(JSON.parse(planned.stdout)).toEqual({ files, dryRun: true });
  });

  test('makes the same objects when it is typed again', async () => {
    const path = await file('again.json', hourly(60).join('\n'));
    await cloud.tdf('drop', path);
    const before = await raw();
    await cloud.tdf('drop', path);
    expect(await raw()).toEqual(before);
  });

  test('leaves a file to convert that it cannot read, to be told what is wrong with it', async () => {
    const broken = `${hourly(60).join('\n')}\n{"location":`;
    await cloud.tdf('drop', await file('broken.json', broken));
    expect(await raw()).toEqual({ 'weatherapi/current/broken.json': broken });
  });

  test('refuses what has no day among records of several days, with the number of the record, before it drops any', async () => {
    const good = await file('good.json', record('Oslo', start));
    const undated = '{"location":{"name":"Oslo"},"current":{"last_updated_epoch":"soon"}}';
    const bad = await file('bad.json', [...hourly(60), undated].join('\n'));
    const { code, stderr } = await cloud.tdf('drop', good, bad);
    expect(code).toBe(1);
    expect(stderr).toContain('bad.json has observations of 4 days, and record 61 has no usable observed_at');
    expect(await raw()).toEqual({});
  });

  test('takes files that exist, of a dataset that exists', async () => {
    const { code, stderr } = await cloud.tdf(
      'drop',
      'no-such-file',
      directory,
      '--dataset',
      'weatherapi/tides',
    );
    expect(code).toBe(1);
    expect(stderr).toContain('error: no-such-file: there is no such file');
    expect(stderr).toContain('expected a file, got a folder');
    expect(stderr).toContain('--dataset: expected one of weatherapi/current, got "weatherapi/tides"');
  });

  test('leaves no piece behind when the upload fails', async () => {
    const pieces = () => readdirSync(tmpdir()).filter((name) => name.startsWith('tdf-drop-'));
    const before = pieces();
    cloud.stack.outputs = { ...cloud.outputs, RawBucketName: 'no-such-bucket' };
    const { code, stderr } = await cloud.tdf('drop', await file('days.json', hourly(75).join('\n')));
    expect([code, stderr]).toEqual([1, expect.stringContaining('bucket')]);
    expect(pieces()).toEqual(before);
  });
});

describe('files of any days', () => {
  test('have their records once and in their order, though more come than are held', async () => {
    const pieces = new DayPieces();
    const texts = Array.from({ length: 7 }, (_, index) => JSON.stringify(String(index).repeat(3_000_000)));
    for (const [index, text] of texts.entries()) pieces.add(`2026-11-2${index % 2}`, Buffer.from(text));
    const files = pieces.end();
    expect(files.map(([day]) => day)).toEqual(['2026-11-20', '2026-11-21']);
    for (const [rest, [, path]] of files.entries()) {
      const of = texts.filter((_, index) => index % 2 === rest);
      expect((await readFile(path, 'utf8')) === `[\n${of.join(',\n')}\n]\n`).toBe(true);
    }
    pieces.remove();
  });

  test('are split so that each record is in the piece of its day, whatever their order', async () => {
    const cloud = await startCloud();
    try {
      const drawn = fc.array(fc.integer({ min: 0, max: 9 * 24 }), { minLength: 1, maxLength: 60 });
      await fc.assert(
        fc.asyncProperty(drawn, async (hours) => {
          const records = hours.map((at, index) => record(`record ${index}`, start + at * hour));
          const path = await file('any.json', records.join('\n'));
          const { days } = await planDrop(path, weatherapiCurrent, new AbortController().signal);
          const instants = hours.map((at) => start + at * hour);
          const isLong = Math.max(...instants) - Math.min(...instants) > 24 * hour;
          const expected = [...new Set(instants.map((instant) => dayOf(new Date(instant))))].sort();
          expect(days).toEqual(isLong ? expected : []);
          if (!isLong) return;
          await cloud.tdf('drop', path);
          for (const day of days) {
            const piece = await readFile(cloud.emulator.pathOf('raw', keyIn(day, 'any.json')), 'utf8');
            const of = records.filter((_, index) => dayOf(new Date(instants[index] ?? 0)) === day);
            expect(piece).toBe(`[\n${of.join(',\n')}\n]\n`);
          }
        }),
        { numRuns: 30 },
      );
    } finally {
      await cloud.close();
    }
  });
});

describe('tdf drop --local', () => {
  test('converts what it drops: a file of several days to an object for each', async () => {
    const state = join(directory, 'state');
    await mkdir(state);
    await useAssembly(state);
    const path = await file(
      'days.json',
      [record('Oslo', start), record('Rome', start + 48 * hour)].join('\n'),
    );
    const { code, stdout } = await tdf(['drop', path, '--local', '--state', state, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ local: { converted: 2, deadLetters: [] } });
    for (const day of ['2026-11-21', '2026-11-23']) {
      const key = curatedKey({ ...parseRawKey(keyIn(day, 'days.json')), day });
      expect(existsSync(join(state, 's3/curated', key))).toBe(true);
    }
  });
});
