import type { Need } from './need.ts';

/** Batches take the permission of what they batch. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html */
const actions: Readonly<Record<string, string>> = {
  SendMessage: 'SendMessage',
  SendMessageBatch: 'SendMessage',
  ReceiveMessage: 'ReceiveMessage',
  DeleteMessage: 'DeleteMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibility: 'ChangeMessageVisibility',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
  GetQueueAttributes: 'GetQueueAttributes',
  GetQueueUrl: 'GetQueueUrl',
  PurgeQueue: 'PurgeQueue',
};

/** The parameters by which a request names its queue. */
interface Body {
  readonly QueueUrl?: string;
  readonly QueueName?: string;
  readonly SourceArn?: string;
  readonly DestinationArn?: string;
}

/**
 * What a request takes. One that is not known takes what nobody has.
 * @param arnPrefix what stands before a queue's name in its ARN
 */
export function sqsNeeds(action: string, body: unknown, arnPrefix: string): Need[] {
  const { QueueUrl, QueueName, SourceArn, DestinationArn } = (body ?? {}) as Body;
  const name = QueueName ?? QueueUrl?.split('/').at(-1);
  const on = (resource: string, ...names: string[]) =>
    names.map((each) => ({ action: `sqs:${each}`, resource }));
  if (action === 'StartMessageMoveTask' && SourceArn && DestinationArn) {
    return [
      ...on(SourceArn, action, 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'),
      ...on(DestinationArn, 'SendMessage'),
    ];
  }
  const permission = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (permission !== undefined && name !== undefined) return on(arnPrefix + name, permission);
  return [
    {
      action: `sqs:${action}`,
      resource: name === undefined ? '*' : arnPrefix + name,
      unknown: `${action}; see local/iam/sqs-needs.ts`,
    },
  ];
}
