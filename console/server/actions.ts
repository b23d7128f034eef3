import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import { type Action, act } from '../../operations/live/actions.ts';
import type { LiveStack } from '../../operations/live/live-stack.ts';
import { datasetNames } from '../../shared/datasets.ts';
import { isDay } from '../../shared/keys.ts';

const dataset = v.picklist(datasetNames, `expected one of ${datasetNames.join(', ')}`);
const day = v.pipe(v.string(), v.check(isDay, 'expected a day that exists, such as 2026-11-22'));
const texts = v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.minLength(1, 'expected at least one'));
const at = v.pipe(v.string(), v.isoTimestamp('expected an instant such as 2026-11-22T05:00:00Z'));

const schema = v.variant('kind', [
  v.strictObject({ kind: v.literal('run'), dataset, at }),
  v.strictObject({ kind: v.literal('backfill'), dataset, from: day, to: day }),
  v.strictObject({ kind: v.literal('redrive'), ids: texts }),
  v.strictObject({ kind: v.literal('give-up'), ids: texts }),
  v.strictObject({ kind: v.literal('take-back'), keys: texts }),
  v.strictObject({ kind: v.literal('replay'), dataset, from: day, to: day }),
  v.strictObject({ kind: v.literal('reconcile') }),
]) satisfies v.GenericSchema<unknown, Action>;

/** POST /api/actions */
export function actionRoutes(app: FastifyInstance, live: LiveStack): void {
  app.post('/api/actions', async (request, reply) => {
    const parsed = v.safeParse(schema, request.body);
    if (!parsed.success) {
      const problems = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'action'}: ${issue.message}`);
      return reply.code(400).send({ message: problems.join('; ') });
    }
    return reply.code(202).send({ activityId: act(live, parsed.output).id });
  });
}
