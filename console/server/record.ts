import type { FastifyInstance } from 'fastify';
import type { Live } from '../../operations/live/live.ts';
import { rawRecord } from '../../operations/record/raw-record.ts';
import { whileConnected } from './while-connected.ts';

export function recordRoutes(app: FastifyInstance, live: Live): void {
  app.get<{ Querystring: Record<string, string> }>('/api/record', async ({ query }, reply) => {
    const { key = '', place } = query;
    const at = query.at ? new Date(query.at) : undefined;
    if (at && Number.isNaN(at.getTime()))
      return reply.code(400).send({ message: `at: expected an instant, got "${query.at}"` });
    const raw = { s3: live.observed.s3, bucket: live.observed.outputs.RawBucketName };
    const signal = whileConnected(reply, live.signal);
    const record = await rawRecord(raw, key, { ...(place ? { place } : {}), ...(at ? { at } : {}) }, signal);
    if (record) return record;
    const message = `There is no record for this row in raw: "${key}" was removed or replaced since.`;
    return reply.code(404).send({ message });
  });
}
