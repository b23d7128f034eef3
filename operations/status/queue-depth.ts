import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** Messages in a queue. SQS counts approximately. */
export interface QueueDepth {
  readonly waiting: number;
  readonly inFlight: number;
}

export async function depthOf(sqs: SQSClient, QueueUrl: string): Promise<QueueDepth> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesDelayed',
        'ApproximateNumberOfMessagesNotVisible',
      ],
    }),
  );
  const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed } = Attributes;
  return {
    waiting: Number(ApproximateNumberOfMessages ?? 0) + Number(ApproximateNumberOfMessagesDelayed ?? 0),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}

/** Of a queue, and how many messages are in its dead-letter queue. */
export async function depthsOf(
  sqs: SQSClient,
  url: string,
  deadLetterUrl: string,
): Promise<QueueDepth & { readonly dead: number }> {
  const [depth, dead] = await Promise.all([depthOf(sqs, url), depthOf(sqs, deadLetterUrl)]);
  return { ...depth, dead: dead.waiting + dead.inFlight };
}
