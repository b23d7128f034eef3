import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Candidate, Input } from '../candidates/candidate.ts';
import { type CandidateName, loadCandidate } from '../candidates/candidates.ts';
import type { Answer, Request, Round } from './protocol.ts';

// Run as a process of its own: one candidate, with a heap, a compiler's knowledge and threads that no other touches.
const loading = loadCandidate(process.argv[2] as CandidateName);
loading.catch(() => {}); // Answered to the first request.
let input: Input | undefined;

process.on('message', (request: Request) => {
  void answer(request).then((message) => process.send?.(message));
});

async function answer(request: Request): Promise<Answer<unknown>> {
  try {
    return { value: await handle(await loading, request) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function handle(candidate: Candidate, request: Request): Promise<Round | number | null> {
  if (request.kind === 'load') {
    const { path, records } = request;
    let bytes: Buffer | undefined;
    input = {
      path,
      records,
      get bytes() {
        bytes ??= readFileSync(path);
        return bytes;
      },
    };
    return null;
  }
  if (!input) throw new Error('Nothing is loaded.');
  if (request.kind === 'round') return round(candidate, input, request.atLeast);
  const file = await candidate.convert(input);
  if (!file) throw new Error('Nothing was written.');
  await writeFile(request.path, file);
  return file.byteLength;
}

/** @param atLeast milliseconds */
async function round(candidate: Candidate, data: Input, atLeast: number): Promise<Round> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let wall = 0;
  let conversions = 0;
  do {
    await candidate.convert(data);
    conversions += 1;
    wall = performance.now() - start;
  } while (wall < atLeast);
  const { user, system } = process.cpuUsage(cpu);
  return { wall: wall / conversions, cpu: (user + system) / 1000 / conversions };
}
