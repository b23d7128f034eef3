import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { converted } from '../candidates/ours.ts';
import { reportUsage } from './usage.ts';

const [input = '', output = ''] = process.argv.slice(2);

await reportUsage(() => pipeline(converted(createReadStream(input)), createWriteStream(output)));
