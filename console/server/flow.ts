import type { FastifyInstance } from 'fastify';
import type { LiveStack } from '../../operations/live/live-stack.ts';

/** GET /api/flow */
export function flowRoutes(app: FastifyInstance, live: LiveStack): void {
  app.get('/api/flow', () => live.flow());
}
