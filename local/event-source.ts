import { availableParallelism } from 'node:os';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { FunctionRuntime, Invocation } from './lambda/function-runtime.ts';

export interface EventSourceSettings {
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly region: string;
  readonly batchSize: number;
  /** Milliseconds that a batch may wait to fill up. */
  readonly batchingWindow: number;
  readonly maximumConcurrency: number;
  /** `ReportBatchItemFailures`: the answer names the messages that failed. Else a batch fails or succeeds as one. */
  readonly partialFailures: boolean;
  /** Seconds until a failed message is tried again; left out, its visibility time-out has to pass, as on AWS. */
  readonly retryDelay?: number | undefined;
  /** Told of each failed message, with what is known of why. */
  readonly onFailure: (failure: { message: Message; reason: string }) => void;
}

/** What Lambda runs for a queue: it polls, hands batches to the function, and deletes what succeeded. */
export class EventSource {
  readonly #settings: EventSourceSettings;
  readonly #sqs: SQSClient;
  readonly #function: FunctionRuntime;
  readonly #stop = new AbortController();
  readonly #batches = new Set<Promise<void>>();
  readonly #polling: Promise<void>;

  constructor(settings: EventSourceSettings, sqs: SQSClient, target: FunctionRuntime) {
    this.#settings = settings;
    this.#sqs = sqs;
    this.#function = target;
    this.#polling = this.#poll();
  }

  /** Whether a batch is in work. */
  get busy(): boolean {
    return this.#batches.size > 0;
  }

  /** Resolves when polling has ended. Batches in work are waited for: close the function first to cut them short. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#polling;
    await Promise.all(this.#batches);
  }

  async #poll(): Promise<void> {
    const limit = Math.min(this.#settings.maximumConcurrency, availableParallelism());
    const { signal } = this.#stop;
    while (!signal.aborted) {
      if (this.#batches.size >= limit) {
        await Promise.race(this.#batches);
        continue;
      }
      const messages = await this.#receiveBatch();
      if (messages.length === 0) continue;
      const batch = this.#run(messages).finally(() => this.#batches.delete(batch));
      this.#batches.add(batch);
    }
  }

  async #receiveBatch(): Promise<Message[]> {
    const { batchSize, batchingWindow } = this.#settings;
    const messages = await this.#receive(Math.min(10, batchSize), 20);
    const until = Date.now() + batchingWindow;
    while (messages.length > 0 && messages.length < batchSize && Date.now() < until) {
      const wait = Math.ceil((until - Date.now()) / 1000);
      messages.push(...(await this.#receive(Math.min(10, batchSize - messages.length), Math.min(20, wait))));
    }
    return messages;
  }

  async #receive(count: number, waitSeconds: number): Promise<Message[]> {
    const { signal } = this.#stop;
    if (signal.aborted) return [];
    try {
      const { Messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: this.#settings.queueUrl,
          MaxNumberOfMessages: count,
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
        { abortSignal: signal },
      );
      return Messages;
    } catch (error) {
      if (signal.aborted) return [];
      throw error;
    }
  }

  async #run(messages: Message[]): Promise<void> {
    const { queueArn: eventSourceARN, region: awsRegion, queueUrl, retryDelay, onFailure } = this.#settings;
    const event = {
      Records: messages.map((message) => ({
        messageId: message.MessageId,
        receiptHandle: message.ReceiptHandle,
        body: message.Body,
        attributes: message.Attributes ?? {},
        messageAttributes: message.MessageAttributes ?? {},
        md5OfBody: message.MD5OfBody,
        eventSource: 'aws:sqs',
        eventSourceARN,
        awsRegion,
      })),
    };
    const failures = this.#failures(messages, await this.#function.invoke(event));
    await Promise.all(
      messages.map(async (message) => {
        const receipt = { QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle };
        const reason = failures.get(message.MessageId ?? '');
        if (reason === undefined) {
          await this.#sqs.send(new DeleteMessageCommand(receipt));
          return;
        }
        onFailure({ message, reason });
        if (retryDelay !== undefined && !this.#stop.signal.aborted) {
          await this.#sqs.send(
            new ChangeMessageVisibilityCommand({ ...receipt, VisibilityTimeout: retryDelay }),
          );
        }
      }),
    );
  }

  /** The failed messages' ids, with reasons. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html */
  #failures(messages: Message[], invocation: Invocation): ReadonlyMap<string, string> {
    const ids = messages.map(({ MessageId }) => MessageId ?? '');
    const all = (reason: string) => new Map(ids.map((id) => [id, reason]));
    if (!invocation.ok) return all(`${invocation.error.type}: ${invocation.error.message}`);
    if (!this.#settings.partialFailures) return new Map();
    const { batchItemFailures } = (invocation.response ?? {}) as {
      batchItemFailures?: { itemIdentifier?: string }[];
    };
    const failed = (batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier ?? '');
    // AWS takes an identifier that it does not know for the failure of the whole batch.
    const unknown = failed.find((id) => !ids.includes(id));
    if (unknown !== undefined)
      return all(`The answer names a message that is not in the batch: "${unknown}"`);
    return new Map(failed.map((id) => [id, 'reported by the function; its log says why']));
  }
}
