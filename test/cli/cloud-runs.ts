import { type InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import type { RunEventInput } from '../../functions/fetch/run-event.ts';
import type { Invocation } from '../../local/lambda/sandbox.ts';

type ScheduleInput = Pick<RunEventInput, 'locations' | 'options'>;

/** What Scheduler and Lambda have for the commands of a test file, and what they were asked. */
export const cloudRuns = {
  /** What schedules send, by their names. */
  inputs: {} as Record<string, ScheduleInput>,
  /** What fetch does with an event. */
  fetch: async (_event: RunEventInput): Promise<Invocation> => ({ ok: true, response: null }),
  asked: [] as { readonly command: string; readonly input: object }[],
};

SchedulerClient.prototype.send = (async (command: GetScheduleCommand) => {
  const { input } = command;
  cloudRuns.asked.push({ command: command.constructor.name, input });
  const found = cloudRuns.inputs[input.Name ?? ''];
  if (!found) throw Object.assign(new Error(`Schedule ${input.Name} does not exist.`), { name: 'NotFound' });
  return { Target: { Input: JSON.stringify({ scheduledTime: '<aws.scheduler.scheduled-time>', ...found }) } };
}) as unknown as SchedulerClient['send'];

LambdaClient.prototype.send = (async (command: InvokeCommand) => {
  const { input } = command;
  cloudRuns.asked.push({ command: command.constructor.name, input });
  const answer = await cloudRuns.fetch(JSON.parse(String(input.Payload)) as RunEventInput);
  const payload = answer.ok
    ? answer.response
    : { errorType: answer.error.type, errorMessage: answer.error.message, trace: [] };
  return {
    StatusCode: 200,
    ...(answer.ok ? {} : { FunctionError: 'Unhandled' }),
    Payload: { transformToString: () => JSON.stringify(payload) },
  };
}) as unknown as LambdaClient['send'];
