/** A schedule's target as CloudFormation has it, with its references resolved. */
export interface ScheduleTarget {
  readonly Arn: string;
  /** Of the role that Scheduler starts it with. */
  readonly RoleArn: string;
  readonly Input?: string;
}

/**
 * The event that EventBridge Scheduler sends for a scheduled time: the target's input with its context attributes.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
export function scheduledEvent(
  { Input = '{}' }: Pick<ScheduleTarget, 'Input'>,
  scheduledTime: Date,
): Record<string, unknown> {
  const time = `${scheduledTime.toISOString().slice(0, 19)}Z`;
  const text = Input.replaceAll('<aws.scheduler.scheduled-time>', time);
  const unknown = /<aws\.scheduler\.[^>]*>/.exec(text)?.[0];
  if (unknown)
    throw new Error(`The schedule's input uses ${unknown}, which the local runtime does not know.`);
  return JSON.parse(text) as Record<string, unknown>;
}
