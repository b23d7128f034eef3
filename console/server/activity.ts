import type { FastifyInstance } from 'fastify';
import type { Live } from '../../operations/live/live.ts';
import type { Activity } from '../api.ts';

/** GET /api/activity */
export function activityRoutes(app: FastifyInstance, live: Live): void {
  app.get('/api/activity', async (): Promise<readonly Activity[]> => live.activities.list());
}
