import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { Command } from 'commander';
import { commands } from '../../cli/program.ts';
import { sendDeadLetter } from '../../functions/data-stage/dead-letter.ts';
import { curatedKeysOf } from '../../shared/keys.ts';
import { unquoted } from '../../shared/listing.ts';
import { objectEvent } from '../../shared/s3-event.ts';
import { assemblyTemplate } from '../cdk/template-view.ts';
import { type Ended, startCloud, tdf } from './cloud.ts';
import { useAssembly } from './state.ts';

const made = await Promise.all(Object.values(commands).map((load) => load()));

/** Everything that a person is told to type: by the README and docs/, by `--help`, by an alarm's e-mail. */
function told(): string[] {
  const files = ['README.md', ...readdirSync('docs').map((name) => join('docs', name))];
  const texts = files.filter((name) => name.endsWith('.md')).map((name) => readFileSync(name, 'utf8'));
  const inCode = texts.flatMap((text) => text.match(/`npx tdf [^\s`]+ [^`]+`|^[^`]*npx tdf [^`]*$/gm) ?? []);
  const inHelp = made
    .flatMap((command) => [command, ...command.commands])
    .flatMap((command) => {
      let help = '';
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      return help.match(/^ {2}.*npx tdf .*$/gm) ?? [];
    });
  const inAlarms = assemblyTemplate()
    .ofType('AWS::CloudWatch::Alarm')
    .flatMap(
      ({ Properties }) => String(Properties.AlarmDescription).match(/npx tdf .*?(?=[;,]| and\b|$)/g) ?? [],
    );
  return [
    ...inCode.flatMap((line) => line.match(/npx tdf [^`\n]*?(?=`| {2,}#|$)/gm) ?? []),
    ...inHelp,
    ...inAlarms,
  ];
}

test('whatever the README, docs/, --help and an alarm tell somebody to type, the commands take', async () => {
  const typed = [...new Set(told())].map(
    (line) => /npx tdf (.*?)(?: {2,}#.*| [|>&]+ .*)?$/.exec(line)?.[1] ?? '',
  );
  expect(typed.length).toBeGreaterThan(50);
  for (const line of typed.filter((each) => !/^(COMMAND|…)/.test(each))) {
    const args = (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) =>
      word.replaceAll(/^["']|["']$/g, ''),
    );
    const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    for (const load of Object.values(commands)) program.addCommand(await load());
    let ran = false;
    for (const command of program.commands.flatMap((each) => [each, ...each.commands]))
      command
        .exitOverride()
        .configureOutput({ writeErr: () => {} })
        .action(() => {
          ran = true;
        });
    const refused = await program.parseAsync(args, { from: 'user' }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect({ line, ran, refused }).toEqual({ line, ran: true, refused: undefined });
  }
});

const [, script = ''] = /Try it here.*?```sh\n(.*?)```/s.exec(readFileSync('README.md', 'utf8')) ?? [];

const [, night = ''] = /The usual night:.*?```sh\n(.*?)```/s.exec(readFileSync('README.md', 'utf8')) ?? [];

test('the usual night of the README finds the run that died on AWS, tells its story and sends it again', async () => {
  const cloud = await startCloud();
  cloud.startCompact();
  const key = `weatherapi/current/dt=2026-11-22/20261122T050000Z.json`;
  const { s3, sqs } = cloud.clients;
  const put = (Bucket: string, Key: string, etag = '') =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body: 'PAR1', Metadata: { 'raw-etag': etag } }));
  const { ETag = '' } = await put('raw', key);
  const event = objectEvent({ bucket: 'raw', key, size: 4 });
  const letter = { body: event, rawKey: key, code: 'not-json', reason: 'It is not JSON.', tries: 1 };
  await sendDeadLetter(sqs, cloud.outputs.DeadLetterQueueUrl, letter);
  const ended: Ended[] = [];
  for (const line of night.trim().split('\n')) {
    // Somebody has fixed it by then.
    if (line.includes('redrive')) await put('curated', curatedKeysOf(key)[0] ?? '', unquoted(ETag));
    const typed = /^npx tdf (.*?)\s+#/.exec(line)?.[1] ?? '';
    ended.push(await cloud.tdf(...typed.replace('RUN_OR_KEY', key).split(' ')));
  }
  await cloud.close();
  const [status, story, redriven] = ended;
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(status?.stdout).toContain('1 raw object is not converted');
  expect(story?.stdout).toContain('not-json: It is not JSON.');
  expect(redriven?.stdout).toContain('Sent 1 dead letter again; 0 left.');
  expect(redriven?.stdout).toContain('Converted 1; compacted 1; dead again 0.');
});

test('the README shows how a broken file is dropped, found, fixed and sent again, in commands that do just that', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'readme-'));
  await useAssembly(directory);
  const file = join(directory, 'broken.json');
  const ended: Ended[] = [];
  for (const line of script.trim().split('\n')) {
    const [, content] = /^echo '(.*)' > broken\.json$/.exec(line) ?? [];
    const [, typed] = /^npx tdf (.* --local.*?)(?: +# .*)?$/.exec(line) ?? [];
    if (content !== undefined) await writeFile(file, content);
    else if (typed !== undefined) {
      const words = typed.match(/"[^"]*"|\S+/g) ?? [];
      const args = words.map((word) => (word === 'broken.json' ? file : word.replaceAll('"', '')));
      ended.push(await tdf([...args, '--state', directory]));
    } else throw new Error(`The README has a line that this test cannot type: ${line}`);
  }
  await rm(directory, { recursive: true });

  const [broken, letters, fixed, redriven, rows] = ended;
  expect(ended.map(({ code }) => code)).toEqual([1, 0, 0, 0, 0]);
  expect(broken?.stdout).toContain('✘ not-json');
  expect(letters?.stdout).toContain('weatherapi/current/dt=2026-11-22/broken.');
  expect(fixed?.stdout).toContain('(replaces what was there)\n');
  expect(fixed?.stdout).toContain('1 object: 1 converted to 1 row, 0 died, 0 waiting');
  expect(redriven?.stdout).toMatch(
    /^Sent 1 dead letter again; 0 left\.\n {2}✔ .*\n {2}✔ .*\/day\.parquet\nConverted 1; compacted 1; dead again 0\.\n$/,
  );
  expect(rows?.stdout).toMatch(/Oslo.*2026-11-22/);
});
