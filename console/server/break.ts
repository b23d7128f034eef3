import { resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import { faultKinds } from '../../local/faults/seeded-faults.ts';
import { breakRun } from '../../operations/break/break-run.ts';
import type { BreakProgress } from '../../operations/break/fault-watch.ts';
import { counted } from '../../operations/counted.ts';
import type { Live } from '../../operations/live/live.ts';
import { Throttle } from '../../operations/live/throttle.ts';

/** Milliseconds between two times that the pages are told. */
const pause = 250;

const schema = v.strictObject({
  seed: v.pipe(v.number(), v.integer('expected a whole number'), v.minValue(0, 'expected 0 or more')),
  kind: v.optional(v.picklist(faultKinds, 'expected one of /api/faults')),
});

/** GET /api/faults and POST /api/break: one run at a time, of a pipeline apart. */
export function breakRoutes(app: FastifyInstance, live: Live): void {
  const closed = new AbortController();
  let running: Promise<void> | undefined;

  app.get('/api/faults', () => faultKinds);

  app.post('/api/break', async (request, reply) => {
    const parsed = v.safeParse(schema, request.body);
    if (!parsed.success) {
      const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`);
      return reply.code(400).send({ message: problems.join('; ') });
    }
    if (running !== undefined)
      return reply.code(409).send({ message: 'Something is being broken already. Wait for its verdict.' });
    const { seed, kind } = parsed.output;
    running = start(seed, kind).finally(() => {
      running = undefined;
    });
    return reply.code(202).send();
  });

  app.addHook('preClose', async () => {
    closed.abort(new Error('The server is closed.'));
    await running;
  });

  async function start(seed: number, kind: v.InferOutput<typeof schema>['kind']): Promise<void> {
    const signal = AbortSignal.any([live.signal, closed.signal]);
    const entry = live.activities.begin(`breaking on purpose, seed ${seed}`);
    entry.step({ text: kind ?? 'A bit of everything', state: 'waiting' });
    let latest: BreakProgress = { seed, kind: kind ?? null, done: 0, of: 1, faults: [], verdict: null };
    const tell = () => live.emit({ type: 'breaking', progress: latest satisfies BreakProgress });
    const throttle = new Throttle(pause, tell);
    tell();
    try {
      const { objects, inTables, dead, problems } = await breakRun({
        seed,
        kind,
        state: live.state,
        assembly: resolve(live.state, 'cdk.out'),
        signal,
        onProgress: (progress) => {
          latest = progress;
          throttle.call();
        },
      });
      const text = `Of ${objects} objects, ${inTables === 1 ? '1 is' : `${inTables} are`} in the table and ${dead === 1 ? '1 is dead, for a good reason' : `${dead} are dead, each for its own reason`}. ${problems.length === 0 ? 'Nothing was lost.' : `${counted(problems.length, 'problem')}.`}`;
      const isMissed = problems.length === 0 && latest.faults.length === 0;
      const fault = kind ? 'This fault was not hit' : 'No fault was hit';
      if (isMissed) entry.step({ text: `${fault} with seed ${seed}; try another seed.`, state: 'done' });
      else entry.step({ text, state: problems.length === 0 ? 'good' : 'bad' });
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      entry.step({ text: reason, state: 'bad' });
      latest = {
        ...latest,
        verdict: { objects: 0, inTables: 0, dead: 0, problems: [`It did not come to its end: ${reason}`] },
      };
    } finally {
      throttle.stop();
    }
    tell();
  }
}
