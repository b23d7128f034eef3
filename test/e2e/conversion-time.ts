import { readFileSync } from 'node:fs';
import { conversion } from '../../functions/convert/conversion.ts';
import { parseRawKey } from '../../shared/keys.ts';

// Prints the seconds of CPU time that it takes to convert standard input, once V8 has compiled the code. In a process of its own,
// because jest's way of loading modules makes all of it two to three times as slow.
const key = process.argv[2] ?? '';
const text = readFileSync(0);
const pieceBytes = 64 * 1024;

async function* body() {
  for (let at = 0; at < text.length; at += pieceBytes) yield text.subarray(at, at + pieceBytes);
}

async function convert(): Promise<void> {
  for await (const _ of conversion(parseRawKey(key), { body: body(), fetchedAt: null }));
}

await convert();
const before = process.cpuUsage();
await convert();
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1e6);
