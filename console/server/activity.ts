import type { FastifyInstance } from 'fastify';
import type { Live } from '../../operations/live/live.ts';

/** GET /api/activity */
export function activityRoutes(app: FastifyInstance, live: Live): void {
  app.get('/api/activity', () => live.activities.list());
}
