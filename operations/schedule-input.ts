import type { RunEventInput } from '../functions/fetch/run-event.ts';

/** What a schedule on AWS sends to fetch; the scheduled time is a placeholder. */
export async function scheduleInput(Name: string): Promise<RunEventInput> {
  // Loaded only here: most commands do not need it.
  const { GetScheduleCommand, SchedulerClient } = await import('@aws-sdk/client-scheduler');
  const scheduler = new SchedulerClient();
  try {
    const { Target } = await scheduler.send(new GetScheduleCommand({ Name }));
    return JSON.parse(Target?.Input ?? '{}') as RunEventInput;
  } finally {
    scheduler.destroy();
  }
}
