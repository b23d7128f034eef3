import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { settle } from '../../cli/terminal/settle.ts';
import { sendDeadLetter } from '../../functions/data-stage/dead-letter.ts';
import { startEmulator } from '../../local/aws/emulator.ts';
import { startWeatherApi } from '../../local/weatherapi/server.ts';
import { DayPieces } from '../../operations/drop/day-pieces.ts';
import { fittingDatasets } from '../../operations/drop/fitting-datasets.ts';
import { planDrops } from '../../operations/drop/plan-drops.ts';
import { type OutcomeWatch, watchOutcome } from '../../operations/outcome.ts';
import { weatherapiCurrent } from '../../shared/datasets/weatherapi-current.ts';
import { weatherapiHistory } from '../../shared/datasets/weatherapi-history.ts';
import { datasets } from '../../shared/datasets.ts';
import { curatedKey, curatedKeysOf, dayOf, filedKey, parseRawKey } from '../../shared/keys.ts';
import { listObjects } from '../../shared/listing.ts';
import { objectEvent } from '../../shared/s3-event.ts';
import fc, { runs } from '../fast-check.ts';
import { converted } from '../functions/convert/converted.ts';
import { until } from '../local/until.ts';
import { type Cloud, startCloud, tdf } from './cloud.ts';
import { landUnnoticed, useAssembly } from './state.ts';

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

  const drop = (...args: string[]) => cloud.tdf('drop', '--no-wait', ...args);

  test('puts a file of up to 24 hours under its first day as it is, though it is of two days', async () => {
    const content = hourly(25).join('\n');
    const path = await file('a day.json', content);
    const { code, stdout } = await drop(path);
    const key = keyIn('2026-11-21', 'a day.json');
    expect(code).toBe(0);
    expect(stdout).toContain(`  … ${key}\n1 object: 0 converted to 0 rows, 0 died, 1 waiting\n`);
    expect(await raw()).toEqual({ [key]: content });
  });

  test('puts a file under the day that was typed, whatever its records say', async () => {
    const content = hourly(75).join('\n');
    await drop(await file('typed.json', content), '--day', '2026-10-01');
    expect(await raw()).toEqual({ [keyIn('2026-10-01', 'typed.json')]: content });
  });

  test('takes the files of a folder and of a pattern, each under its own name, and leaves out hidden ones', async () => {
    const folder = join(directory, 'export');
    await mkdir(join(folder, 'dt=2026-11-20'), { recursive: true });
    await mkdir(join(folder, '.git'));
    const names = ['a.json', 'dt=2026-11-20/a.json', '.hidden.json', '.git/config'];
    for (const name of names) await writeFile(join(folder, name), record(name, start));
    const keys = [keyIn('2026-11-21', 'a.json'), 'weatherapi/current/dt=2026-11-20/a.json'];
    expect((await drop(folder)).code).toBe(0);
    expect(Object.keys(await raw()).sort()).toEqual(keys.sort());

    const { stdout } = await drop(join(folder, '?.json'), '--dry-run', '--json');
    expect(JSON.parse(stdout).files).toEqual([
      { file: join(folder, 'a.json'), objects: [{ key: keyIn('2026-11-21', 'a.json') }] },
    ]);
  });

  test('takes standard input, and makes the same object of the same bytes', async () => {
    const input = record('Oslo', start);
    const dropped = () => cloud.process(['drop', '-', '--no-wait', '--json'], { input });
    const { code, stdout } = await dropped();
    expect(code).toBe(0);
    const [{ file: typed, objects }] = JSON.parse(stdout).files;
    expect(typed).toBe('-');
    expect(await raw()).toEqual({ [objects[0].key]: input });
    expect((await dropped()).stdout).toBe(stdout);
  });

  test('refuses standard input that is empty', async () => {
    const ended = await cloud.process(['drop', '-', '--json'], { input: '' });
    expect(ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'Error: Standard input is empty. Pipe a file into it: npx tdf drop - < FILE\n',
    });
    expect(await raw()).toEqual({});
  });

  test('waits until each object is converted and its day compacted, or dead, and says what became of it', async () => {
    const { s3, sqs } = cloud.clients;
    cloud.startCompact();
    const oslo = record('Oslo', start);
    const broken = '{"location":';
    const key = keyIn('2026-11-21', 'good.json');
    const letter = {
      body: objectEvent({ bucket: 'raw', key: 'weatherapi/current/broken.json', size: 1 }),
      rawKey: 'weatherapi/current/broken.json',
      code: 'not-json',
      reason: 'The file is not JSON.',
      tries: 1,
    };
    // An earlier letter of the same object, and an earlier row of the same key, are not what is waited for.
    await sendDeadLetter(sqs, cloud.outputs.DeadLetterQueueUrl, { ...letter, reason: 'earlier' });
    const made = await converted(oslo, { key });
    const putCurated = (etag: string) =>
      s3.send(
        new PutObjectCommand({
          Bucket: 'curated',
          Key: made.key,
          Body: made.file,
          Metadata: { 'raw-etag': etag },
        }),
      );
    await putCurated('of-an-earlier-one');
    cloud.emulator.onObjectCreated(({ bucket, key: created, etag }) => {
      if (bucket !== 'raw') return;
      if (created === key) void putCurated(etag);
      else void sendDeadLetter(sqs, cloud.outputs.DeadLetterQueueUrl, letter);
    });
    const files = [await file('good.json', oslo), await file('broken.json', broken)];
    const { code, stdout } = await cloud.tdf('drop', ...files, '--json', '--dataset', 'weatherapi/current');
    expect(code).toBe(1);
    const { files: told, days } = JSON.parse(stdout);
    expect(days).toEqual([{ day: 'weatherapi/current/dt=2026-11-21/', outcome: 'compacted' }]);
    expect(told).toEqual([
      {
        file: files[0],
        objects: [
          {
            key,
            outcome: 'converted',
            tables: [{ table: 'weatherapi_current', key: made.key, rows: 1 }],
          },
        ],
      },
      {
        file: files[1],
        objects: [{ key: letter.rawKey, outcome: 'died', code: 'not-json', reason: 'The file is not JSON.' }],
      },
    ]);
  });

  test('stopped while its day is compacted says that it is not there yet, and goes on by itself', async () => {
    const key = keyIn('2026-11-21', 'good.json');
    const made = await converted(record('Oslo', start), { key });
    cloud.emulator.onObjectCreated(({ bucket, etag }) => {
      const object = { Bucket: 'curated', Key: made.key, Body: made.file, Metadata: { 'raw-etag': etag } };
      if (bucket === 'raw') void cloud.clients.s3.send(new PutObjectCommand(object));
    });
    const looked = until(() => cloud.emulator.requests.some(({ bucket }) => bucket === 'compacted'));
    void looked.then(() => process.emit('SIGINT'));
    const { code, stdout } = await cloud.tdf('drop', await file('good.json', record('Oslo', start)));
    expect(code).toBe(130);
    expect(stdout).toContain(
      '1 object: 1 converted to 1 row, 0 died, 0 waiting\n  … 1 day not compacted yet\n',
    );
    expect(stdout).toContain('What waits is in the tables within minutes.');
  });

  test('waits for the object of every table', async () => {
    cloud.startCompact();
    const key = 'weatherapi/forecast/dt=2026-11-21/issue.json';
    const { s3, sqs } = cloud.clients;
    const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket: 'raw', Key: key, Body: '{}' }));
    const putCurated = (Key: string) =>
      s3.send(
        new PutObjectCommand({
          ...{ Bucket: 'curated', Key, Body: 'PAR1' },
          Metadata: { 'raw-etag': ETag.replaceAll('"', '') },
        }),
      );
    const [hours = '', days = '', alerts = ''] = curatedKeysOf(key);
    for (const early of [hours, alerts]) await putCurated(early);
    let looks = 0;
    const send = async (command: HeadObjectCommand) => {
      const looked = s3.send(command);
      if (command.input.Key !== days) return looked;
      looks += 1;
      // The second table's comes once it was missed.
      return looked.finally(() => putCurated(days));
    };
    const reached = { s3: { send } as unknown as typeof s3, sqs, outputs: cloud.outputs, runtime: undefined };
    const watch = await watchOutcome(reached);
    const { converted: made, dead } = await watch.settled({ rawKeys: [key] }, new AbortController().signal);
    expect({ made, dead, looks }).toEqual({ made: [[hours, days, alerts]], dead: [], looks: 2 });
  });

  /** An answer with days of hours, as the provider writes them. */
  const days = (from: number, count: number, members: object = {}) => ({
    location: { name: 'Oslo', localtime_epoch: from / 1000 },
    forecast: {
      forecastday: Array.from({ length: count }, (_, index) => {
        const midnight = from + index * 24 * hour;
        return {
          date: dayOf(new Date(midnight)),
          day: { maxtemp_c: 3 },
          hour: Array.from({ length: 24 }, (__, at) => ({
            time_epoch: midnight / 1000 + at * 3600,
            haze: at,
          })),
        };
      }),
    },
    ...members,
  });
  const midnight = Date.parse('2025-11-21T00:00:00Z');
  const current = { last_updated_epoch: midnight / 1000 };
  const onlyToday = { current, alerts: { alert: [] } };

  test('takes each file for what its first answer fits best, whatever the provider added to it [fitting-dataset]', async () => {
    const added = { ...onlyToday, elevation: 12, station: { id: 'ENGM', provider: 'x'.repeat(500) } };
    const answers = {
      'now.json': JSON.parse(record('Oslo', midnight)),
      'issue.json': days(midnight, 3, added),
      'past.json': days(midnight, 1, { elevation: 12 }),
    };
    const files = await Promise.all(
      Object.entries(answers).map(([name, answer]) => file(name, JSON.stringify(answer, null, 2))),
    );
    expect((await drop(...files)).code).toBe(0);
    const keyOf = (dataset: string, name: string) =>
      filedKey(parseRawKey(`${dataset}/${name}`), '2025-11-21');
    expect(Object.keys(await raw()).sort()).toEqual(
      [
        keyOf('weatherapi/current', 'now.json'),
        keyOf('weatherapi/forecast', 'issue.json'),
        keyOf('weatherapi/history', 'past.json'),
      ].sort(),
    );
  });

  test('takes an answer without current weather for history up to tomorrow, and for a forecast from the day after on [fitting-dataset]', async () => {
    const today = Math.floor(Date.now() / (24 * hour)) * 24 * hour;
    const answers = [days(today - 24 * hour, 3), days(today - 24 * hour, 5), days(today, 4), days(today, 2)];
    const paths = await Promise.all(
      answers.map((answer, index) => file(`${index}.json`, JSON.stringify(answer))),
    );
    const { signal } = new AbortController();
    const plans = await planDrops(
      paths.map((path) => ({ file: path, name: path })),
      datasets,
      { day: '2026-11-21', signal },
    );
    expect(plans.map(({ dataset }) => dataset.name)).toEqual([
      'weatherapi/history',
      'weatherapi/forecast',
      'weatherapi/forecast',
      'weatherapi/history',
    ]);
    await expect(
      fittingDatasets(paths[2] ?? '', [weatherapiHistory, weatherapiCurrent], signal),
    ).resolves.toMatchObject({ datasets: [] });
  });

  test('splits days of history by their local day, and goes by what was typed rather than by what fits', async () => {
    const lines = [days(midnight, 1), days(midnight + 24 * hour, 1)].map((answer) => JSON.stringify(answer));
    await drop(await file('past.json', lines.join('\n')));
    const keyOf = (day: string) => filedKey(parseRawKey('weatherapi/history/past.json'), day);
    expect(await raw()).toEqual({
      [keyOf('2025-11-21')]: `[\n${lines[0]}\n]\n`,
      [keyOf('2025-11-22')]: `[\n${lines[1]}\n]\n`,
    });
    const typed = await drop(
      await file('typed.json', lines[0] ?? ''),
      '--dataset',
      'weatherapi/forecast',
      '--dry-run',
    );
    expect(typed.stdout).toContain('  - weatherapi/forecast/dt=2025-11-21/typed.');
  });

  test('refuses what no dataset accepts, or several alike, before it drops any, and says what to type [fitting-dataset]', async () => {
    const good = await file('good.json', record('Oslo', start));
    const error = await file('error.json', '{"error":{"code":1006,"message":"No matching location."}}');
    const other = await file('other.json', '{"coord":{"lat":59.9}}');
    const { code, stderr } = await drop(good, error, other);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `${error}: no dataset accepts its first answer. Record 1 is an error answer (code 1006: No matching location.), not data.\n`,
    );
    expect(stderr).toContain(`${other}: no dataset accepts its first answer.`);
    expect(stderr).toContain(
      'Nothing was put. Say what the files are: --dataset NAME, one of weatherapi/current, weatherapi/forecast, weatherapi/history\n',
    );
    expect(await raw()).toEqual({});

    const { signal } = new AbortController();
    const twin = { ...weatherapiHistory, name: 'team/history' };
    const past = { file: await file('past.json', JSON.stringify(days(midnight, 1))), name: 'past.json' };
    await expect(planDrops([past], [weatherapiHistory, twin], { signal })).rejects.toThrow(
      'past.json: its first answer fits weatherapi/history and team/history alike.\nNothing was put.',
    );
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
    const planned = await drop(path, '--dry-run', '--json');
    expect(await raw()).toEqual({});

    const { code, stdout } = await drop(path, '--json');
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
    const filesWith = (more: object) => [{ file: path, objects: pieces.map(([key]) => ({ key, ...more })) }];
    expect(JSON.parse(stdout)).toEqual({
      files: filesWith({ outcome: 'waiting' }),
      days: [],
      dryRun: false,
    });
    expect(JSON.parse(planned.stdout)).toEqual({ files: filesWith({}), dryRun: true });
  });

  test('makes the same objects when it is typed again', async () => {
    const path = await file('again.json', hourly(60).join('\n'));
    await drop(path);
    const before = await raw();
    await drop(path);
    expect(await raw()).toEqual(before);
  });

  test('says when it replaces an object of other content, and only then', async () => {
    const dropped = async (content: string) => {
      const { stdout } = await drop(await file('same.json', content), '--json');
      return JSON.parse(stdout).files[0].objects;
    };
    const key = keyIn('2026-11-21', 'same.json');
    const put = { key, outcome: 'waiting' };
    expect(await dropped(record('Oslo', start))).toEqual([put]);
    expect(await dropped(record('Oslo', start))).toEqual([put]);
    expect(await dropped(record('Bergen', start))).toEqual([{ ...put, replaced: true }]);
    expect((await drop(await file('same.json', record('Oslo', start)))).stdout).toContain(
      `${key} (replaces what was there: raw keeps the earlier version)\n`,
    );
    expect(await raw()).toEqual({ [key]: record('Oslo', start) });
  });

  test('stopped while it puts says how many files are in raw, and what to type for the others', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `file ${index}.json`);
    const files = await Promise.all(names.map((name) => file(name, record(name, start))));
    let put = 0;
    cloud.emulator.onObjectCreated(() => {
      put += 1;
      if (put === 10) process.emit('SIGINT');
    });
    const { code, stdout, stderr } = await cloud.tdf('drop', ...files, '--json');
    const inRaw = Object.keys(await raw());
    const [, whole] = /^Stopped: (\d+) of 30 files are in raw\. Type the same again/.exec(stderr) ?? [];
    const { files: told } = JSON.parse(stdout);
    expect([code, told.length]).toEqual([130, Number(whole)]);
    expect(inRaw.length).toBeLessThan(30);
    for (const { objects } of told) expect(inRaw).toContain(objects[0].key);
    // What was under way may have arrived all the same.
    expect(inRaw.length - told.length).toBeLessThanOrEqual(8);
    expect((await drop(...files)).code).toBe(0);
    expect(Object.keys(await raw())).toHaveLength(30);
  });

  test('leaves a file to convert that it cannot read, to be told what is wrong with it', async () => {
    const broken = `${hourly(60).join('\n')}\n{"location":`;
    await drop(await file('broken.json', broken));
    expect(await raw()).toEqual({ 'weatherapi/current/broken.json': broken });
    // Fixed and dropped again, it takes the broken one's place.
    const fixed = record('Oslo', start);
    await drop(await file('broken.json', fixed));
    expect(await raw()).toEqual({ [keyIn('2026-11-21', 'broken.json')]: fixed });
  });

  test('refuses what has no day among records of several days, with the number of the record, before it drops any', async () => {
    const good = await file('good.json', record('Oslo', start));
    const undated = '{"location":{"name":"Oslo"},"current":{"last_updated_epoch":"soon"}}';
    const bad = await file('bad.json', [...hourly(60), undated].join('\n'));
    const { code, stderr } = await drop(good, bad);
    expect(code).toBe(1);
    expect(stderr).toContain('bad.json has observations of 4 days, and record 61 has no usable observed_at');
    expect(await raw()).toEqual({});
  });

  test('refuses a bulk answer of more than 24 hours, which cannot be split, and says how to make lines of it', async () => {
    const bulk = (hours: number) => `{"bulk":[${hourly(hours).map((line) => `{"query":${line}}`)}]}`;
    const bad = await file('bulk.json', [...hourly(2), bulk(26)].join('\n'));
    const { code, stderr } = await drop(bad);
    expect(code).toBe(1);
    expect(stderr).toContain('bulk.json: record 3 is a bulk answer with observations of several days');
    expect(stderr).toContain(
      "jq -c '(arrays[], objects) | if .bulk then .bulk[].query else . end' FILE > lines.json\n",
    );
    expect(await raw()).toEqual({});
    // Shorter ones are filed whole, though the file is split.
    const [late] = hourly(100).slice(-1);
    await drop(await file('bulk.json', [bulk(25), late].join('\n')));
    expect(Object.values(await raw())).toEqual([`[\n${bulk(25)}\n]\n`, `[\n${late}\n]\n`]);
  });

  test('refuses an answer that itself has several days, says what works instead, and takes it under one day', async () => {
    const path = 'test/samples/history/two-days-in-one-answer.json';
    const text = await readFile(path, 'utf8');
    const bulk = await file('bulk.json', JSON.stringify({ bulk: [{ query: JSON.parse(text) }] }));
    for (const each of [path, bulk]) {
      const { code, stderr } = await drop(each, '--dataset', 'weatherapi/history');
      expect(code).toBe(1);
      expect(stderr).toContain(
        `${each}: record 1 has observations of several days. One answer spans 2026-11-20 to 2026-11-21, and an answer is never split. Fetch its days one by one: npx tdf backfill --dataset weatherapi/history --from 2026-11-20 --to 2026-11-21 --location PLACE. Or put the whole file under one day: npx tdf drop FILE --dataset weatherapi/history --day YYYY-MM-DD\n`,
      );
      expect(stderr).not.toContain('jq');
    }
    expect(await raw()).toEqual({});
    await drop(path, '--dataset', 'weatherapi/history', '--day', '2026-11-20');
    expect(Object.values(await raw())).toEqual([text]);
  });

  test('names everything that is wrong with what was typed', async () => {
    const folder = join(directory, 'empty');
    await mkdir(folder);
    const [one, another] = [await file('one.json', ''), join(directory, 'other', 'one.json')];
    await mkdir(join(directory, 'other'));
    await writeFile(another, '');
    const wrong = ['--dataset', 'weatherapi/tides', '--day', '2026-02-30'];
    const { code, stderr } = await drop('no-such-file', '*.none', folder, one, another, ...wrong);
    expect(code).toBe(1);
    expect(stderr).toContain('Error: no-such-file: there is no such file');
    expect(stderr).toContain('Error: *.none: there is no such file');
    expect(stderr).toContain(`Error: ${folder}: there are no files in this folder`);
    expect(stderr).toContain(`Error: ${another}: a file of the same name is dropped already`);
    expect(stderr).toContain('--day: expected a day that exists, such as 2026-11-22, got "2026-02-30"');
    expect(stderr).toContain(
      '--dataset: expected one of weatherapi/current, weatherapi/forecast, weatherapi/history, got "weatherapi/tides"',
    );
  });

  test('leaves no piece behind when the upload fails [split-days]', async () => {
    const pieces = () => readdirSync(tmpdir()).filter((name) => name.startsWith('tdf-drop-'));
    const before = pieces();
    cloud.stack.outputs = { ...cloud.outputs, RawBucketName: 'no-such-bucket' };
    const { code, stderr } = await drop(await file('days.json', hourly(75).join('\n')));
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

  test('are split so that each record is in the piece of its day, whatever their order [split-days]', async () => {
    const cloud = await startCloud();
    try {
      const drawn = fc.array(fc.integer({ min: 0, max: 9 * 24 }), { minLength: 1, maxLength: 60 });
      await fc.assert(
        fc.asyncProperty(drawn, async (hours) => {
          const records = hours.map((at, index) => record(`record ${index}`, start + at * hour));
          const path = await file('any.json', records.join('\n'));
          const { signal } = new AbortController();
          const source = { file: path, name: 'any.json' };
          const [{ days } = { days: [] }] = await planDrops([source], [weatherapiCurrent], { signal });
          const instants = hours.map((at) => start + at * hour);
          const isLong = Math.max(...instants) - Math.min(...instants) > 24 * hour;
          const expected = [...new Set(instants.map((instant) => dayOf(new Date(instant))))].sort();
          expect(days).toEqual(isLong ? expected : []);
          if (!isLong) return;
          await cloud.tdf('drop', '--no-wait', path);
          for (const day of days) {
            const piece = await readFile(cloud.emulator.pathOf('raw', keyIn(day, 'any.json')), 'utf8');
            const of = records.filter((_, index) => dayOf(new Date(instants[index] ?? 0)) === day);
            expect(piece).toBe(`[\n${of.join(',\n')}\n]\n`);
          }
        }),
        { numRuns: runs(10) },
      );
    } finally {
      await cloud.close();
    }
  });
});

describe('tdf drop --local', () => {
  test('makes rows in each table of a history answer that was saved from a browser, under its own day [fitting-dataset]', async () => {
    const state = join(directory, 'browser');
    await mkdir(state);
    await useAssembly(state);
    const api = await startWeatherApi({ key: 'key', now: () => new Date('2026-11-24T09:00:00Z') });
    const response = await fetch(`${api.url}/history.json?key=key&q=Oslo&dt=2026-11-21`);
    const path = await file('history.json', JSON.stringify(await response.json(), null, 2));
    await api.close();
    const { code, stdout } = await tdf(['drop', path, '--local', '--state', state]);
    expect(code).toBe(0);
    const key = filedKey(parseRawKey('weatherapi/history/history.json'), '2026-11-21');
    expect(stdout).toBe(
      `${path}\n  ✔ 24 rows in weatherapi_history_hour, 1 in weatherapi_history_day (${key})\n1 object: 1 converted to 25 rows, 0 died, 0 waiting\n`,
    );
    const sql =
      'SELECT dt, local_date, count(*) AS hours, min(observed_at) AS first FROM weatherapi_history_hour GROUP BY ALL';
    const rows = await tdf(['query', sql, '--json', '--local', '--state', state]);
    expect(JSON.parse(rows.stdout)).toEqual([
      { dt: '2026-11-21', local_date: '2026-11-21', hours: 24, first: '2026-11-20T23:00:00.000Z' },
    ]);
  });

  test('converts what it drops, and says for each object how many rows it has, or why it died', async () => {
    const state = join(directory, 'state');
    await mkdir(state);
    await useAssembly(state);
    const records = [record('Oslo', start), record('Rome', start), record('Rome', start + 48 * hour)];
    const days = await file('days.json', records.join('\n'));
    const bad = await file('bad.json', '{"error":{"code":1006,"message":"No matching location found."}}');
    const { code, stdout } = await tdf([
      'drop',
      ...[days, bad, '--dataset', 'weatherapi/current', '--local', '--state', state],
    ]);
    expect(code).toBe(1);
    const [table] = weatherapiCurrent.tables;
    const curated = (day: string) => curatedKey({ ...parseRawKey(keyIn(day, 'days.json')), day }, table);
    expect(stdout.split('\n')).toEqual([
      bad,
      expect.stringContaining('  ✘ error-body: Record 1 is an error answer (code 1006'),
      `${days}, split by day into 2 objects`,
      `  ✔ 2 rows in weatherapi_current (${keyIn('2026-11-21', 'days.json')})`,
      `  ✔ 1 row in weatherapi_current (${keyIn('2026-11-23', 'days.json')})`,
      '3 objects: 2 converted to 3 rows, 1 died, 0 waiting',
      `See what failed: npx tdf dead-letters --local --state ${state}`,
      '',
    ]);
    for (const day of ['2026-11-21', '2026-11-23'])
      expect(existsSync(join(state, 's3/curated', curated(day)))).toBe(true);
  });

  test('stopped while it converts tells what is converted by then, and what waits', async () => {
    const state = join(directory, 'stopped');
    await mkdir(state);
    await useAssembly(state);
    const folder = join(directory, 'many');
    await mkdir(folder);
    for (let index = 0; index < 150; index++)
      await writeFile(join(folder, `${index}.json`), record(`${index}`, start));
    const curated = join(state, 's3/curated/weatherapi/current/dt=2026-11-21');
    const stopped = until(() => existsSync(curated) && readdirSync(curated).length > 3);
    void stopped.then(() => process.emit('SIGINT'));
    const { code, stdout } = await tdf(['drop', folder, '--json', '--local', '--state', state]);
    const objects = JSON.parse(stdout).files.flatMap((each: { objects: object[] }) => each.objects);
    const of = (outcome: string) => objects.filter((each: { outcome: string }) => each.outcome === outcome);
    expect(code).toBe(130);
    expect(of('converted').length).toBeGreaterThan(0);
    expect(of('waiting').length).toBe(objects.length - of('converted').length);
    expect(of('converted').length).toBeLessThanOrEqual(readdirSync(curated).length);
  });

  test('answers for its own files only, whatever waits in the queue already', async () => {
    const state = join(directory, 'queued');
    await mkdir(state);
    await useAssembly(state);
    const earlier = 'weatherapi/current/dt=2026-11-21/earlier.json';
    await landUnnoticed(state, { [earlier]: 'not JSON' });
    const emulator = await startEmulator({ stateDir: state, region: 'us-east-1' });
    const { url } = emulator.createQueue('convert-queue', {});
    emulator.send(url, objectEvent({ bucket: 'raw', key: earlier, size: 8 }));
    await emulator.close();
    const path = await file('own.json', record('Oslo', start));
    const here = ['--local', '--state', state];
    expect(await tdf(['drop', path, ...here])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 object: 1 converted to 1 row, 0 died, 0 waiting'),
    });
    expect((await tdf(['dead-letters', ...here])).stdout).toContain(earlier);
  });

  test('says what it waits for: its own objects, and then their days', async () => {
    const said: string[] = [];
    const mock = jest.spyOn(console, 'error').mockImplementation((text) => void said.push(text));
    jest.useFakeTimers();
    const pass = () => new Promise((end) => setTimeout(end, 1_500));
    const watch = {
      waiting: { convert: 51, compact: 0 },
      settled: async () => {
        await pass();
        watch.onDays(3);
        await pass();
        watch.onDays(0);
      },
    } as unknown as OutcomeWatch;
    const keys = Array.from({ length: 50 }, (_, index) => keyIn('2026-11-21', `${index}.json`));
    const settling = settle(watch, { rawKeys: keys }, new AbortController().signal, { shown: true });
    await jest.advanceTimersByTimeAsync(4_000);
    await settling;
    jest.useRealTimers();
    mock.mockRestore();
    expect(said).toEqual(['… Converted: 50 to do', '… Compacted: 3 to do']);
  });
});
