import { SqsError } from '../../node_modules/fauxqs/dist/common/errors.js';
import type { SqsQueue } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import {
  DEFAULT_QUEUE_ATTRIBUTES,
  SETTABLE_ATTRIBUTES,
  validateQueueAttributes,
} from '../../node_modules/fauxqs/dist/sqs/sqsTypes.js';

export interface QueueDepth {
  visible: number;
  inFlight: number;
  delayed: number;
}

export interface QueuedMessage {
  id: string;
  body: string;
  /** A message attribute's name -> its value; a binary one in base64. */
  attributes: Record<string, string>;
  receiveCount: number;
  /** When it was first sent, to whichever queue. */
  sentAt: Date;
}

/** The queues from inside the process: what a template creates, and what a person looks at, without receiving. */
export class Queues {
  private readonly store: SqsStore;
  /** What stands before the queue's name. */
  private readonly prefixes: { url: string; arn: string };

  constructor(store: SqsStore, prefixes: { url: string; arn: string }) {
    this.store = store;
    this.prefixes = prefixes;
  }

  /**
   * Creates the queue, or gives the one that exists exactly these attributes (and SQS's defaults for the rest):
   * its messages stay. `attributes` as in SQS's CreateQueue: `{ VisibilityTimeout: '180' }`, in seconds.
   */
  create(name: string, attributes: Record<string, string>): { url: string; arn: string } {
    const unknown = Object.keys(attributes).filter((attribute) => !SETTABLE_ATTRIBUTES.has(attribute));
    if (unknown.length > 0) throw new Error(`Queue ${name} has unknown attributes: ${unknown.join(', ')}`);
    validateQueueAttributes(attributes, SqsError);
    const url = this.prefixes.url + name;
    const arn = this.prefixes.arn + name;
    const existing = this.store.getQueueByArn(arn);
    if (existing === undefined) {
      this.store.createQueue(name, url, arn, attributes);
    } else {
      existing.attributes = { ...DEFAULT_QUEUE_ATTRIBUTES, ...attributes };
      // Writes the attributes through.
      existing.setAttributes({});
    }
    return { url, arn };
  }

  /** The new message's id. The queue's own delay applies. */
  send(arnOrUrl: string, body: string): string {
    const queue = this.find(arnOrUrl);
    const message = SqsStore.createMessage(body, {}, Number(queue.attributes.DelaySeconds));
    queue.enqueue(message);
    return message.messageId;
  }

  depth(arnOrUrl: string): QueueDepth {
    const { ready, inflight, delayed } = this.find(arnOrUrl).inspectMessages();
    return { visible: ready.length, inFlight: inflight.length, delayed: delayed.length };
  }

  /** All of them, in flight and delayed ones too, oldest first. Does not count as a receive. */
  messages(arnOrUrl: string): QueuedMessage[] {
    const { ready, inflight, delayed } = this.find(arnOrUrl).inspectMessages();
    return [...ready, ...delayed, ...inflight.map((entry) => entry.message)]
      .sort((a, b) => a.sentTimestamp - b.sentTimestamp || (a.messageId < b.messageId ? -1 : 1))
      .map((message) => ({
        id: message.messageId,
        body: message.body,
        attributes: Object.fromEntries(
          Object.entries(message.messageAttributes).map(([name, value]) => [
            name,
            value.StringValue ?? value.BinaryValue ?? '',
          ]),
        ),
        receiveCount: message.approximateReceiveCount,
        sentAt: new Date(message.sentTimestamp),
      }));
  }

  private find(arnOrUrl: string): SqsQueue {
    const queue = this.store.getQueueByArn(arnOrUrl) ?? this.store.getQueue(arnOrUrl);
    if (queue === undefined) throw new Error(`There is no queue ${arnOrUrl}.`);
    // Otherwise a message whose visibility timeout is over counts as in flight until someone receives.
    queue.processTimers();
    return queue;
  }
}
