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
  /** 10 at most, since no batch waits here to fill up. */
  readonly batchSize: number;
  readonly maximumConcurrency: number;
  /** `ReportBatchItemFailures`: the answer names the messages that failed. Otherwise a batch fails or succeeds as one. */
  readonly partialFailures: boolean;
  /** Seconds until a failed message is tried again. @default its visibility time-out, as on AWS */
  readonly retryDelay?: number | undefined;
  /** Told of each failed message, with what is known of why. */
  readonly onFailure: (failure: { message: Message; reason: string }) => void;
  /** Whether a message comes once more although nothing failed. */
  readonly redelivery?: ((message: Message) => Redelivery | undefined) | undefined;
}

/** Milliseconds until the queue is polled again after SQS failed. */
const pause = 1000;

/** What Lambda runs for a queue: it polls, hands batches to the function, and deletes what succeeded. */
export class EventSource {
  readonly settings: EventSourceSettings;
  readonly #sqs: SQSClient;
  readonly #operator: SQSClient;
  readonly #function: Pick<FunctionRuntime, 'invoke'>;
  readonly #stop = new AbortController();
  readonly #batches = new Set<Promise<void>>();
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

  /** Whether the function works on a batch. */
  get busy(): boolean {
    return this.#batches.size > 0;
  }

  /** Why the latest poll failed. Polling goes on, as on AWS. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Resolves when polling has ended, and the function is done: close it meanwhile to cut its work short. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#polling;
    await Promise.all(this.#batches);
  }

  async #poll(): Promise<void> {
    const limit = Math.min(this.settings.maximumConcurrency, availableParallelism());
    const { signal } = this.#stop;
    while (!signal.aborted) {
      if (this.#batches.size >= limit) {
        await Promise.race(this.#batches);
        continue;
      }
      const messages = await this.#receive();
      // What was in hand when polling ended is visible again after its time-out.
      if (messages.length === 0 || signal.aborted) continue;
      const batch = this.#run(messages).finally(() => this.#batches.delete(batch));
      this.#batches.add(batch);
    }
  }

  async #receive(): Promise<Message[]> {
    const { signal } = this.#stop;
    const { queueUrl: QueueUrl, batchSize } = this.settings;
    try {
      // AWS wants the role to allow this as well, and does not say what for:
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-lambda-function-trigger.html
      const look = new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: ['ApproximateNumberOfMessages'],
      });
      await this.#sqs.send(look, { abortSignal: signal });
      const receive = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: batchSize,
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

  async #run(messages: Message[]): Promise<void> {
    const { redelivery } = this.settings;
    const again = new Map(messages.map((message) => [message, redelivery?.(message)]));
    for (const [message, when] of again) {
      // Should SQS not take it, the message comes once, as it would without a fault.
      if (when === 'while-working') await this.#show(message, 0).catch(() => {});
    }
    const invocation = await this.#function
      .invoke(sqsEvent(messages, this.settings))
      .catch(({ name: type, message }: Error): Invocation => ({ ok: false, error: { type, message } }));
    const failures = this.#failures(messages, invocation);
    await Promise.all(
      messages.map((message) =>
        this.#finish(message, failures.get(message.MessageId ?? ''), again.get(message)),
      ),
    );
  }

  /** Deletes what succeeded. What failed, and what SQS would not delete, comes again. */
  async #finish(message: Message, reason: string | undefined, again: Redelivery | undefined): Promise<void> {
    const { queueUrl: QueueUrl, retryDelay, onFailure } = this.settings;
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

  /** The failed messages' ids, with reasons. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html */
  #failures(messages: Message[], invocation: Invocation): ReadonlyMap<string, string> {
    const ids = messages.map(({ MessageId }) => MessageId ?? '');
    const all = (reason: string) => new Map(ids.map((id) => [id, reason]));
    if (!invocation.ok) return all(`${invocation.error.type}: ${invocation.error.message}`);
    if (!this.settings.partialFailures) return new Map();
    const { batchItemFailures } = (invocation.response ?? {}) as { batchItemFailures?: unknown };
    const items: { itemIdentifier?: unknown }[] = [batchItemFailures ?? []].flat();
    const failed = items.map((item) => String(item?.itemIdentifier ?? ''));
    // When a name is not one of the batch's messages, AWS takes the whole batch for failed.
    const unknown = failed.find((id) => !ids.includes(id));
    if (unknown !== undefined)
      return all(`The answer names a message that is not in the batch: "${unknown}"`);
    return new Map(failed.map((id) => [id, 'reported by the function; its log says why']));
  }
}

/**
 * The event that Lambda hands to a function for a batch: what SQS answers, under other names.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
function sqsEvent(messages: readonly Message[], { queueArn, region }: EventSourceSettings) {
  return {
    Records: messages.map((message) => ({
      messageId: message.MessageId,
      receiptHandle: message.ReceiptHandle,
      body: message.Body,
      attributes: message.Attributes ?? {},
      messageAttributes: Object.fromEntries(
        Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, attribute(value)]),
      ),
      md5OfBody: message.MD5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: region,
    })),
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
