import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Redelivery } from './faults/faults.ts';
import type { FunctionRuntime } from './lambda/function-runtime.ts';
import type { Invocation } from './lambda/sandbox.ts';

export interface EventSourceSettings {
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly region: string;
  readonly maximumConcurrency: number;
  /** `ReportBatchItemFailures`: the function's answer may say that the message failed. */
  readonly reportsFailures: boolean;
  /** Seconds until a failed message is tried again. @default its visibility time-out, as on AWS */
  readonly retryDelay?: number | undefined;
  /** Told of each failed message, with what is known of why. */
  readonly onFailure: (failure: { message: Message; reason: string }) => void;
  /** Whether messages wait for their function. It is asked again and again. */
  readonly holds?: (() => boolean) | undefined;
  /** Whether a message comes once more although nothing failed. */
  readonly redelivery?: ((message: Message) => Redelivery | undefined) | undefined;
}

/** Milliseconds until the queue is polled again after SQS failed. */
const pause = 1000;
/** Milliseconds until it is asked again whether messages wait. */
const heldPause = 10;

/** What Lambda runs for a queue: it polls, hands each message to the function, and deletes it when that went well. */
export class EventSource {
  readonly settings: EventSourceSettings;
  readonly #sqs: SQSClient;
  readonly #operator: SQSClient;
  readonly #function: Pick<FunctionRuntime, 'invoke'>;
  readonly #stop = new AbortController();
  readonly #working = new Set<Promise<void>>();
  readonly #polling: Promise<void>;
  #trouble: string | undefined;

  /**
   * @param sqs polls and deletes, with the credentials of the function's role, as on AWS
   * @param operator shortens the wait for a retry, which nobody does on AWS
   */
  constructor(
    settings: EventSourceSettings,
    sqs: SQSClient,
    target: Pick<FunctionRuntime, 'invoke'>,
    operator: SQSClient = sqs,
  ) {
    this.settings = settings;
    this.#sqs = sqs;
    this.#operator = operator;
    this.#function = target;
    this.#polling = this.#poll();
  }

  /** Whether the function works on a message. */
  get busy(): boolean {
    return this.#working.size > 0;
  }

  /** Why the latest poll failed. Polling goes on, as on AWS. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Resolves when polling has ended, and the function is done: close it meanwhile to cut its work short. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#polling;
    await Promise.all(this.#working);
  }

  async #poll(): Promise<void> {
    const limit = Math.min(this.settings.maximumConcurrency, availableParallelism());
    const { signal } = this.#stop;
    // Receives more than the function takes at once, so that it does not wait for SQS. As on AWS, the others are in flight.
    const wanted = Math.min(2 * limit, 10);
    let received: readonly Message[] = [];
    while (!signal.aborted) {
      received = await this.#receive(wanted, { look: received.length < wanted });
      for (const message of received) {
        while (this.#working.size >= limit) await Promise.race(this.#working);
        while (this.settings.holds?.() && !signal.aborted) await delay(heldPause);
        // A message that was received before polling ended becomes visible again after its time-out.
        if (signal.aborted) return;
        const work = this.#run(message).finally(() => this.#working.delete(work));
        this.#working.add(work);
      }
    }
  }

  /** @param look whether to ask for the queue's length; a full answer makes that unnecessary */
  async #receive(
    MaxNumberOfMessages: number,
    { look }: { readonly look: boolean },
  ): Promise<readonly Message[]> {
    const { signal } = this.#stop;
    const QueueUrl = this.settings.queueUrl;
    try {
      if (look) {
        // AWS wants the role to allow this as well, and does not say what for:
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-lambda-function-trigger.html
        const length = { QueueUrl, AttributeNames: ['ApproximateNumberOfMessages' as const] };
        await this.#sqs.send(new GetQueueAttributesCommand(length), { abortSignal: signal });
      }
      const receive = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages,
        WaitTimeSeconds: 20,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });
      const { Messages = [] } = await this.#sqs.send(receive, { abortSignal: signal });
      this.#trouble = undefined;
      return Messages;
    } catch (error) {
      if (signal.aborted) return [];
      this.#trouble = String(error);
      await delay(pause, undefined, { signal }).catch(() => {}); // Cut short by closing.
      return [];
    }
  }

  /** Deletes the message when all went well. Otherwise, and when SQS would not delete it, it comes again. */
  async #run(message: Message): Promise<void> {
    const { queueUrl: QueueUrl, retryDelay, onFailure, redelivery } = this.settings;
    const again = redelivery?.(message);
    // Should SQS not take it, the message comes once, as it would without a fault.
    if (again === 'while-working') await this.#show(message, 0).catch(() => {});
    const invocation = await this.#function
      .invoke(sqsEvent(message, this.settings))
      .catch(({ name: type, message }: Error): Invocation => ({ ok: false, error: { type, message } }));
    const reason = this.#failure(invocation);
    if (reason !== undefined) onFailure({ message, reason });
    try {
      if (reason === undefined && again === 'afterwards') {
        await this.#show(message, 0);
      } else if (reason === undefined) {
        const { ReceiptHandle } = message;
        await this.#sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      } else if (retryDelay !== undefined && !this.#stop.signal.aborted) {
        await this.#show(message, retryDelay);
      }
    } catch (error) {
      onFailure({ message, reason: `The queue could not be told the outcome: ${error}` });
    }
  }

  /** Makes a message visible again after so many seconds. */
  async #show({ ReceiptHandle }: Message, VisibilityTimeout: number): Promise<void> {
    const QueueUrl = this.settings.queueUrl;
    await this.#operator.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }),
    );
  }

  /**
   * Why the message failed, if it did. A failure that the function reports under another name counts as well: AWS then
   * takes the whole batch for failed. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
   */
  #failure(invocation: Invocation): string | undefined {
    if (!invocation.ok) return `${invocation.error.type}: ${invocation.error.message}`;
    if (!this.settings.reportsFailures) return undefined;
    const { batchItemFailures } = (invocation.response ?? {}) as { batchItemFailures?: unknown };
    const reported = [batchItemFailures ?? []].flat().length > 0;
    return reported ? 'reported by the function; its log says why' : undefined;
  }
}

/**
 * The event that Lambda hands to a function: what SQS answers, under other names.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
function sqsEvent(message: Message, { queueArn, region }: EventSourceSettings) {
  const attributes = Object.entries(message.MessageAttributes ?? {});
  return {
    Records: [
      {
        messageId: message.MessageId,
        receiptHandle: message.ReceiptHandle,
        body: message.Body,
        attributes: message.Attributes ?? {},
        messageAttributes: Object.fromEntries(attributes.map(([name, value]) => [name, attribute(value)])),
        md5OfBody: message.MD5OfBody,
        eventSource: 'aws:sqs',
        eventSourceARN: queueArn,
        awsRegion: region,
      },
    ],
  };
}

function attribute({ DataType, StringValue, BinaryValue }: MessageAttributeValue) {
  return {
    dataType: DataType,
    // Not there when undefined, as the event is sent as JSON.
    stringValue: StringValue,
    binaryValue: BinaryValue && Buffer.from(BinaryValue).toString('base64'),
    stringListValues: [],
    binaryListValues: [],
  };
}
