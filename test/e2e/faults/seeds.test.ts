import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type FaultKind, faultKinds } from '../../../local/faults/seeded-faults.ts';
import { startWeatherApi, type WeatherApi } from '../../../local/weatherapi/server.ts';
import { play } from './play.ts';
import { apiKey, openStage, type Stage } from './stage.ts';

/** `npm run test:faults` gives others. */
const [first = 1, count = 3] = (process.env.FAULT_SEEDS ?? '').split(',').filter(Boolean).map(Number);
const seeds = Array.from({ length: count }, (_, index) => first + index);

let api: WeatherApi;
let stage: Stage;
const hits = new Map<FaultKind, number>();

beforeAll(async () => {
  api = await startWeatherApi({ key: apiKey, now: () => new Date('2026-11-22T05:00:00Z') });
  stage = await openStage(api.url);
}, 60_000);
afterEach(() => stage.clear());
afterAll(async () => {
  await stage.close();
  await api.close();
  if (process.env.FAULT_SEEDS)
    console.log(faultKinds.map((kind) => `${String(hits.get(kind) ?? 0).padStart(6)}  ${kind}`).join('\n'));
});

test.each(seeds)(
  'whatever goes wrong, every raw object is converted or dead: seed %i',
  async (seed) => {
    const { problems, faults } = await play(stage, seed).catch((error: unknown) => {
      tell(seed, 'did not come to its end');
      throw new Error(`Seed ${seed} did not come to its end.\n${again(seed)}`, { cause: error });
    });
    for (const { kind } of faults) hits.set(kind, (hits.get(kind) ?? 0) + 1);
    tell(seed, problems.length === 0 ? 'as promised' : 'NOT as promised');
    if (problems.length > 0) {
      const injected = faults.map(({ kind, where }) => `${kind}: ${where}`);
      throw new Error([...problems, again(seed), 'What went wrong on purpose:', ...injected].join('\n'));
    }
  },
  60_000,
);

// Two functions at work are not stepped through one by one: a handful of seeds may miss a kind.
if (seeds.length >= 50) {
  test('that many seeds reach every kind of fault', () => {
    expect(faultKinds.filter((kind) => !hits.has(kind))).toEqual([]);
  });
}

/** Into a file or a pipe, jest prints nothing before the last seed has come to its end. */
function tell(seed: number, outcome: string): void {
  if (!process.env.FAULT_SEEDS || process.stdout.isTTY) return;
  process.stderr.write(`Seed ${seed} (${seed - first + 1} of ${count}): ${outcome}\n`);
}

function again(seed: number): string {
  return `Run it again: npm run test:faults -- --seed ${seed}`;
}
