import { existsSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { apiCallOf } from './api-call.ts';
import {
  DEFAULT_QUEUE_ATTRIBUTES,
  PersistenceManager,
  type SnsStore,
  type SqsQueue,
  SqsStore,
} from './fauxqs.ts';

export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export interface QueuedMessage {
  readonly id: string;
  readonly body: string;
  /** A message attribute's name -> its value; a binary one in base64. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly receiveCount: number;
  /** When it was first sent, to whichever queue. */
  readonly sentAt: Date;
}

/** The queues from inside the process: what a template creates, and what a person looks at, without receiving. */
export interface Queues {
  /**
   * Creates the queue, or gives the one that exists exactly these attributes (and SQS's defaults for the rest):
   * its messages stay. `attributes` as in SQS's CreateQueue: `{ VisibilityTimeout: '180' }`, in seconds.
   */
  createQueue(name: string, attributes: Readonly<Record<string, string>>): { url: string; arn: string };
  /** The new message's id. The queue's own delay applies. */
  send(queueArnOrUrl: string, body: string): string;
  queueDepth(queueArnOrUrl: string): QueueDepth;
  /** All of them, in flight and delayed ones too, oldest first. Does not count as a receive. */
  messages(queueArnOrUrl: string): QueuedMessage[];
}

/** @param prefixes what stands before a queue's name */
export function localQueues(store: SqsStore, prefixes: { url: string; arn: string }): Queues {
  const find = (arnOrUrl: string) => {
    const queue = store.getQueueByArn(arnOrUrl) ?? store.getQueue(arnOrUrl);
    if (queue === undefined) throw new Error(`There is no queue ${arnOrUrl}.`);
    // Otherwise a message whose visibility timeout is over counts as in flight until someone receives.
    queue.processTimers();
    return queue;
  };
  return {
    createQueue(name, attributes) {
      const url = prefixes.url + name;
      const arn = prefixes.arn + name;
      const existing = store.getQueueByArn(arn);
      if (existing === undefined) {
        store.createQueue(name, url, arn, attributes);
      } else {
        existing.attributes = { ...DEFAULT_QUEUE_ATTRIBUTES, ...attributes };
        // Writes the attributes through.
        existing.setAttributes({});
      }
      return { url, arn };
    },
    send(arnOrUrl, body) {
      const queue = find(arnOrUrl);
      const message = SqsStore.createMessage(body, {}, Number(queue.attributes.DelaySeconds));
      queue.enqueue(message);
      return message.messageId;
    },
    queueDepth(arnOrUrl) {
      const { ready, inflight, delayed } = find(arnOrUrl).inspectMessages();
      return { visible: ready.length, inFlight: inflight.length, delayed: delayed.length };
    },
    messages(arnOrUrl) {
      const { ready, inflight, delayed } = find(arnOrUrl).inspectMessages();
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
    },
  };
}

/**
 * Fills a store with what the file of a directory holds now, also while a process writes to it. Nothing goes back to the
 * file; a directory without one has no queues.
 * @param isAtWork whether a process works on the messages; nobody will delete those in flight of one that has ended
 */
export function loadQueues(
  directory: string,
  sqs: SqsStore,
  { queueUrlPrefix, isAtWork }: { queueUrlPrefix: string; isAtWork: boolean },
): void {
  const file = path.join(directory, 'fauxqs.db');
  if (!existsSync(file)) return;
  const database = openReadOnly(file);
  try {
    const queues = database.prepare('SELECT *, ? || name AS url FROM sqs_queues');
    const { loadSqsQueues, loadSqsMessages } = PersistenceManager.prototype as unknown as StateReader;
    const stmts = {
      loadQueues: { all: () => queues.all(queueUrlPrefix) },
      loadMessages: database.prepare(
        `SELECT *${isAtWork ? '' : ', NULL AS receipt_handle, NULL AS visibility_deadline'} FROM sqs_messages WHERE queue_name = ?`,
      ),
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

/** What fauxqs keeps of queues and messages over a restart: a SQLite file. */
export class QueueState extends PersistenceManager {
  readonly #database: DatabaseSync;

  constructor(directory: string) {
    super(directory);
    this.#database = (this as unknown as { db: DatabaseSync }).db;
    // Do not wait for the disk at each message: what was written outlives the process, though not a power cut.
    this.#database.exec('PRAGMA synchronous = OFF');
  }

  /**
   * Fills the stores, then writes through every change they make.
   *
   * The process that stored the rows has ended: its port is not ours, so queue URLs are made anew, and nobody will
   * delete what it was working on, so messages in flight are visible at once.
   */
  restore({ sqsStore, snsStore }: { sqsStore: SqsStore; snsStore: SnsStore }, queueUrlPrefix: string): void {
    this.#database.prepare('UPDATE sqs_queues SET url = ? || name').run(queueUrlPrefix);
    this.#database.exec('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL');
    // Assigned after loading: a store that creates a queue while it writes through replaces the queue's row,
    // and SQLite's cascade then deletes the queue's messages.
    this.loadSqsAndSns(sqsStore, snsStore);
    sqsStore.persistence = this;
    for (const queue of sqsStore.allQueues()) queue.persistence = this;
  }

  /** The parent also clears the receive count, in a column that is NOT NULL, and so fails (fauxqs 2.4.1). */
  override updateMessageReady(messageId: string): void {
    this.#database
      .prepare(
        'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
      )
      .run(messageId);
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
      const queue = store.getQueue(QueueUrl);
      for (const { ReceiptHandle } of Messages) {
        const entry = queue?.inflightMessages.get(ReceiptHandle);
        if (entry) entry.message.approximateReceiveCount -= 1;
        queue?.changeVisibility(ReceiptHandle, 0);
      }
    }
    done(null, payload);
  });
}
