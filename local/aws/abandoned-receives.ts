import type { FastifyInstance } from 'fastify';
import type { SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { apiCallOf } from './api-call.ts';

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
