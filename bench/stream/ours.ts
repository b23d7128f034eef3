import { readFile, writeFile } from 'node:fs/promises';
import { convertBytes } from '../candidates/ours.ts';
import { reportUsage } from './usage.ts';

const [input = '', output = ''] = process.argv.slice(2);

await reportUsage(() => convertFile(input, output));

/** From file to file through the core of functions/convert; held whole, as long as the core does that. */
async function convertFile(from: string, to: string): Promise<void> {
  await writeFile(to, convertBytes(await readFile(from)));
}
