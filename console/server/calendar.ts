import type { FastifyInstance } from 'fastify';
import { type CalendarView, calendar, viewDays } from '../../operations/calendar/calendar.ts';
import { queuedLetters } from '../../operations/letters/queued-letters.ts';
import type { LiveStack } from '../../operations/live/live-stack.ts';
import { datasetNamed, datasetNames } from '../../shared/datasets.ts';
import { addDays } from '../../shared/days.ts';
import { dayOf, isDay } from '../../shared/keys.ts';

export function calendarRoutes(
  app: FastifyInstance,
  live: Pick<LiveStack, 'deployed' | 'observed' | 'state' | 'now' | 'isStandIn'>,
): void {
  app.get<{ Querystring: Record<string, string> }>('/api/calendar', async ({ query }, reply) => {
    const now = live.now();
    const { view = 'hours', until = dayOf(now) } = query;
    const dataset = datasetNamed(query.dataset ?? '');
    const problems = [
      dataset ? [] : `dataset: expected one of ${datasetNames.join(', ')}, got "${query.dataset ?? ''}"`,
      Object.hasOwn(viewDays, view) ? [] : `view: expected hours or year, got "${view}"`,
      isShown(until, now)
        ? []
        : `until: expected a day such as 2026-11-22, a year from now at the latest, got "${until}"`,
    ].flat();
    if (!dataset || problems.length > 0) return reply.code(400).send({ message: problems.join('; ') });
    const { runtime } = live.deployed;
    return calendar(live.observed, {
      dataset,
      view: view as CalendarView,
      until,
      now,
      stateDir: live.state,
      letters: queuedLetters(runtime, live.deployed.outputs),
      list: runtime && ((bucket, where) => runtime.emulator.objects(bucket, where)),
      answersForAnyTime: live.isStandIn,
    });
  });
}

function isShown(day: string, now: Date): boolean {
  return isDay(day) && day >= '1971-01-01' && day <= addDays(dayOf(now), 366);
}
