import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
import type { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import type { SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';

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
