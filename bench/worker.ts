import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Answer, Request, Usage } from './candidate-process.ts';
import type { CandidateName, CreateCandidate } from './candidates.ts';
import { datasetOf, type Input, tablesOf } from './input.ts';

// The process of one candidate and one input: a heap, a compiler's knowledge and threads that no other touches.
const name = process.argv[2] as CandidateName;
const input = JSON.parse(process.argv[3] ?? '') as Input;
// The bundler resolves this pattern; each candidate's libraries are loaded in its own process only.
const { createCandidate } = (await import(`./candidates/${name}.ts`)) as { createCandidate: CreateCandidate };
const candidate = await createCandidate(tablesOf(input.name), datasetOf(input.name));
let bytes: Buffer | undefined;

process.on('message', (request: Request) => {
  void answer(request).then((message) => process.send?.(message));
});

async function answer(request: Request): Promise<Answer> {
  try {
    return { usage: await handle(request) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

async function handle({ work, to = [], atLeast = 0 }: Request): Promise<Usage> {
  if (work === 'stream') return measured(async () => candidate.stream?.(input.path, to), 0);
  bytes ??= readFileSync(input.path);
  const whole = { ...input, bytes };
  if (work === 'convert') return measured(() => candidate.convert(whole), atLeast);
  return measured(async () => {
    const files = (await candidate.convert(whole)) ?? [];
    for (const [table, path] of to.entries()) await writeFile(path, files[table] ?? '');
  }, 0);
}

/** What one time took, on average over so many as fill the milliseconds. */
async function measured(work: () => Promise<unknown>, atLeast: number): Promise<Usage> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let times = 0;
  let wall: number;
  do {
    await work();
    times += 1;
    wall = performance.now() - start;
  } while (wall < atLeast);
  const { user, system } = process.cpuUsage(cpu);
  return { wall: wall / times, cpu: (user + system) / 1000 / times, peak: peakMemory() };
}

/** On Linux, `maxRSS` begins with the peak of the parent process; `VmHWM` does not. */
function peakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}
