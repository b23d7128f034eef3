import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { maxTextBytes } from '../../functions/reader/plain-bytes.ts';
import { makeProcessFolder } from '../../local/process-folder.ts';
import { datasets } from '../../shared/datasets.ts';
import { counted } from '../counted.ts';
import { type DropPlan, planDrops } from '../drop/plan-drops.ts';
import { putFiles } from '../drop/put-files.ts';
import { printable } from '../printable.ts';
import type { Entry } from './activities.ts';
import { following } from './following.ts';
import type { Live } from './live.ts';
import { shortName, sizeText } from './titles.ts';

/** A file on its way into raw. */
export interface DroppedFile {
  readonly entry: Entry;
  /** Resolves when it is in raw, or the entry says why it is not. */
  readonly landed: Promise<void>;
}

/**
 * Takes a file that somebody drops, piece by piece, and begins to put it into raw. The entry tells what becomes of it.
 * @param name of the file: data, and never a path
 * @throws {Error} when it does not come to its end
 */
export async function dropFile(
  live: Live,
  name: string,
  input: AsyncIterable<Uint8Array>,
  mostBytes = maxTextBytes,
): Promise<DroppedFile> {
  const safe = safeName(name);
  const entry = live.activities.begin(printable(safe));
  entry.step({ text: 'Receives it.', state: 'waiting' });
  const folder = makeProcessFolder(join(live.state, 's3'), 'drop');
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'file');
    const bytes = await receive(input, file, mostBytes, live.signal);
    if (bytes > mostBytes || bytes === 0) {
      const tooLarge = `It has more than ${mostBytes / 1024 ** 2} MB, the most that is converted. Split it between lines and drop the pieces.`;
      entry.step({ text: bytes === 0 ? 'It is empty, so nothing was put.' : tooLarge, state: 'bad' });
      await remove();
      return { entry, landed: Promise.resolve() };
    }
    entry.step({ text: `Reads its ${sizeText(bytes)}.`, state: 'waiting' });
    const landed = land(live, entry, { file, name: safe })
      .catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        if (!live.signal.aborted) entry.step({ text: inWordsOfPage(text, file), state: 'bad' });
      })
      .finally(remove);
    return { entry, landed };
  } catch (error) {
    await remove();
    entry.step({ text: 'It did not come to its end, so nothing was put.', state: 'bad' });
    throw error;
  }
}

async function land(live: Live, entry: Entry, source: { file: string; name: string }): Promise<void> {
  const { deployed, signal } = live;
  const plans = await planDrops([source], datasets, { signal });
  const keys = plans.flatMap((plan) => plan.keys);
  for (const plan of plans) entry.step({ text: describe(plan), state: 'done' });
  let isTold = false;
  const onReplaced = () => {
    if (!isTold) entry.step({ text: 'It replaces what was dropped under this name before.', state: 'done' });
    isTold = true;
  };
  await following(live.follow(entry, keys, false), () => putFiles(plans, deployed, { signal, onReplaced }));
}

function describe({ dataset, keys, days }: DropPlan): string {
  const name = shortName(dataset.name);
  const [key = ''] = keys;
  if (days.length > 0)
    return `It is ${name} of ${days[0]} to ${days.at(-1)}: lands as ${counted(keys.length, 'object')}, one a day.`;
  const day = /\/dt=([^/]*)\//.exec(key)?.[1];
  return `It is ${name}${day === undefined ? '' : ` of ${day}`}: lands in raw as ${printable(key)}`;
}

/** @returns how many bytes came; what is beyond the most is not kept */
async function receive(
  input: AsyncIterable<Uint8Array>,
  file: string,
  mostBytes: number,
  signal: AbortSignal,
): Promise<number> {
  let bytes = 0;
  const limit = new Transform({
    transform(piece: Uint8Array, _encoding, done) {
      bytes += piece.length;
      // The rest is read all the same: who still sends hears no answer.
      done(null, bytes > mostBytes ? undefined : piece);
    },
  });
  await pipeline(input, limit, createWriteStream(file), { signal });
  return bytes;
}

/** The last part of a path, whatever the system that it is of; also for a name that is none. */
function safeName(name: string): string {
  const last = (name.split(/[/\\]/).at(-1) ?? '').toWellFormed().slice(0, 200).toWellFormed();
  return /^\.*$/.test(last) ? 'file' : last;
}

/** An error that is worded for a command line. */
function inWordsOfPage(text: string, file: string): string {
  const worded = text
    .replaceAll(`${file}: `, '')
    .replaceAll(file, 'It')
    .replace(
      /Say what the files are: --dataset NAME, .*/,
      'If you know its dataset, type the "aws s3 cp" command that the terminal shows, with that dataset in the place of weatherapi/current.',
    )
    .replace(
      /(\nOr|, or put it into a file of its own and) name the day( of the whole file)?: --day YYYY-MM-DD/,
      '.',
    )
    // On the page lines become one.
    .replace(/([^.!?:;,\s])\s*\n/g, '$1.\n');
  return printable(worded.charAt(0).toUpperCase() + worded.slice(1));
}
