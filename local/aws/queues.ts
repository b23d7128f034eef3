import { existsSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { apiCallOf } from './api-call.ts';
import {
  DEFAULT_QUEUE_ATTRIBUTES,
  PersistenceManager,
  SETTABLE_ATTRIBUTES,
  type SnsStore,
  SqsError,
  type SqsQueue,
  SqsStore,
  validateQueueAttributes,
} from './fauxqs.ts';

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

/**
 * Fills a store with what the file of a directory holds now, also while a process writes to it. Nothing goes back to the
 * file; a directory without one has no queues.
 */
export function loadQueues(directory: string, sqs: SqsStore, queueUrlPrefix: string): void {
  const file = path.join(directory, 'fauxqs.db');
  if (!existsSync(file)) return;
  const database = openReadOnly(file);
  try {
    const queues = database.prepare('SELECT *, ? || name AS url FROM sqs_queues');
    const { loadSqsQueues, loadSqsMessages } = PersistenceManager.prototype as unknown as StateReader;
    const stmts = {
      loadQueues: { all: () => queues.all(queueUrlPrefix) },
      loadMessages: database.prepare('SELECT * FROM sqs_messages WHERE queue_name = ?'),
      updateMessageInflight: { run: () => undefined },
    };
    loadSqsQueues.call({ stmts, loadSqsMessages }, sqs);
  } finally {
    database.close();
  }
}

/** What fauxqs' own reading needs of a PersistenceManager, which cannot be made without writing. */
interface StateReader {
  readonly stmts: Readonly<Record<string, unknown>>;
  loadSqsQueues(this: Omit<StateReader, 'loadSqsQueues'>, store: SqsStore): void;
  loadSqsMessages(queue: SqsQueue): void;
}

/** SQLite makes a file beside this one, to read it. Where it cannot (disk full, read-only), this one alone is whole. */
function openReadOnly(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.prepare('SELECT 1 FROM sqs_queues').get();
    return database;
  } catch (error) {
    database.close();
    if (!cannotMakeFile.includes(((error as { errcode?: number }).errcode ?? 0) & 0xff)) throw error;
    const alone = pathToFileURL(file);
    alone.search = '?immutable=1';
    return new DatabaseSync(alone, { readOnly: true });
  }
}

/** SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN. */
const cannotMakeFile: readonly number[] = [8, 10, 14];

/** Queues, messages, topics and subscriptions in a SQLite file: what fauxqs keeps of them over a restart. */
export class QueueState extends PersistenceManager {
  /** A second connection to the same file: the parent keeps its own to itself. */
  private readonly connection: DatabaseSync;

  constructor(directory: string) {
    super(directory);
    this.connection = new DatabaseSync(path.join(directory, 'fauxqs.db'));
    // No wait for the disk at each message: what a process wrote outlives it, and a power cut may cost a local queue.
    const { db } = this as unknown as { db: DatabaseSync };
    for (const connection of [db, this.connection]) connection.exec('PRAGMA synchronous = OFF');
  }

  /**
   * Fills the stores, then writes through every change they make.
   *
   * The stored rows are of a process that has ended: its port is not ours, so queue URLs are made anew, and
   * nobody is left to delete what it was working on, so messages in flight are visible at once.
   */
  restore(sqs: SqsStore, sns: SnsStore, queueUrlPrefix: string): void {
    this.connection.prepare('UPDATE sqs_queues SET url = ? || name').run(queueUrlPrefix);
    this.connection.exec('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL');
    // Assigned after loading: a store that creates a queue while it writes through replaces the queue's row,
    // and SQLite's cascade then deletes the queue's messages.
    this.loadSqsAndSns(sqs, sns);
    sqs.persistence = this;
    sns.persistence = this;
    for (const queue of sqs.allQueues()) queue.persistence = this;
  }

  /** The parent also clears the receive count, in a column that is NOT NULL, and so fails (fauxqs 2.4.1). */
  override updateMessageReady(messageId: string): void {
    this.connection
      .prepare(
        'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
      )
      .run(messageId);
  }

  override close(): void {
    this.connection.close();
    super.close();
  }
}

/**
 * A long poll whose caller has hung up still waits in fauxqs 2.4.1, and takes the next message out of sight for a
 * whole visibility timeout. Such messages go back at once, and the receive does not count.
 */
export function returnAbandonedReceives(app: FastifyInstance, store: SqsStore): void {
  app.addHook('preSerialization', (request, _reply, payload, done) => {
    if (request.raw.socket.destroyed && apiCallOf(request)?.action === 'ReceiveMessage') {
      const { QueueUrl } = request.body as { QueueUrl: string };
      const { Messages = [] } = payload as { Messages?: { ReceiptHandle: string }[] };
      for (const { ReceiptHandle } of Messages) giveBack(store, QueueUrl, ReceiptHandle);
    }
    done(null, payload);
  });
}

function giveBack(store: SqsStore, queueUrl: string, receiptHandle: string): void {
  const queue = store.getQueue(queueUrl);
  const entry = queue?.inflightMessages.get(receiptHandle);
  if (entry) entry.message.approximateReceiveCount -= 1;
  queue?.changeVisibility(receiptHandle, 0);
}
