import type { FastifyInstance } from 'fastify';
import { chartSeries } from '../../operations/chart/chart.ts';
import { chartColumns } from '../../operations/chart/chart-columns.ts';
import type { Live } from '../../operations/live/live.ts';
import type { Chart } from '../api.ts';
import { whileConnected } from './while-connected.ts';

const oneDay = 86_400_000;

export function chartRoutes(app: FastifyInstance, live: Live): void {
  app.get('/api/columns', () => chartColumns);

  app.get<{ Querystring: Record<string, string> }>('/api/chart', async ({ query }, reply) => {
    const now = live.now();
    const { column = '' } = query;
    const declared = chartColumns.find((each) => each.column === column);
    const from = new Date(query.from ?? now.getTime() - 7 * oneDay);
    const to = new Date(query.to ?? now.getTime() + 3 * oneDay);
    const problems = [
      declared ? [] : `column: expected one of /api/columns, such as temp_c, got "${column}"`,
      isInstant(from) ? [] : `from: expected an instant such as 2026-11-22T05:00:00Z, got "${query.from}"`,
      isInstant(to) ? [] : `to: expected an instant such as 2026-11-22T05:00:00Z, got "${query.to}"`,
      from < to || !isInstant(from) || !isInstant(to) ? [] : 'from, to: expected the first to be the earlier',
    ].flat();
    if (!declared || problems.length > 0) return reply.code(400).send({ message: problems.join('; ') });
    const options = { stateDir: live.state, signal: whileConnected(reply, live.signal) };
    return {
      column,
      unit: declared.unit,
      now: now.toISOString(),
      ...(await chartSeries(column, { from, to }, options)),
    } satisfies Chart;
  });
}

/** Of a year that DuckDB's words can name. */
function isInstant(date: Date): boolean {
  return date.getTime() >= 0 && date.getTime() < Date.UTC(3000, 0);
}
