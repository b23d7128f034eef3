import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Authorize } from '../iam/access.ts';
import { type ApiCall, apiCallOf, refuse } from './api-call.ts';
import { addAuthorization } from './authorization.ts';
import { addConditionalWrites } from './conditional-writes.ts';
import { buildApp, DEFAULT_ACCOUNT_ID, type S3PersistenceProvider, SnsStore, SqsStore } from './fauxqs.ts';
import { ObjectFiles, type OnWrite } from './object-files.ts';
import { ObjectStore } from './object-store.ts';
import {
  loadQueues,
  type QueueDepth,
  type QueuedMessage,
  QueueState,
  Queues,
  returnAbandonedReceives,
} from './queues.ts';
import { addRequestFaults, type RequestFault } from './request-faults.ts';
import { addRequestLog, type Intercept, type LoggedRequest } from './request-log.ts';
import { StateError, withStateFile } from './state-error.ts';
import { lockState } from './state-lock.ts';
import { addUrlListings } from './url-listings.ts';

/** The account in every ARN: fauxqs knows no other. */
export const ACCOUNT_ID = DEFAULT_ACCOUNT_ID;

const LOOPBACK = '127.0.0.1';
/** fauxqs stops at 11 MiB, S3 at 5 GB: this much is held in memory. */
const MAX_OBJECT_BYTES = 512 * 1024 * 1024;

export interface EmulatorOptions {
  /** Created when missing. One process at a time. */
  stateDir: string;
  region: string;
  /**
   * Shows the state as it is now, without the lock, also while another process changes it. What is done to it is done to
   * a copy in memory: nothing reaches the directory.
   */
  readOnly?: boolean;
  /** Called before each request is handled. */
  intercept?: Intercept;
  /** Told of a file of the state directory that cannot be used any more: a full disk, say. */
  onTrouble?: (trouble: StateError) => void;
  /** Decides on each request, after `intercept`; left out, everybody may everything. */
  authorize?: Authorize;
  /** What goes wrong with a request; asked before it is read. */
  fault?: (call: ApiCall) => RequestFault | undefined;
}

export interface ObjectCreated {
  bucket: string;
  /** As it was written: not URL-encoded. */
  key: string;
  /** Bytes. */
  size: number;
  /** Without quotes, as in an S3 event. */
  etag: string;
  eventName: 'ObjectCreated:Put' | 'ObjectCreated:CompleteMultipartUpload' | 'ObjectCreated:Copy';
}

export interface Emulator {
  /** `http://127.0.0.1:<port>`, for the clients of S3, SQS and SNS. */
  endpoint: string;
  /** Does nothing when the bucket exists. */
  createBucket(name: string): void;
  /** See {@link Queues.create}. */
  createQueue(name: string, attributes: Record<string, string>): { url: string; arn: string };
  /** The message's id. */
  send(queueArnOrUrl: string, body: string): string;
  queueDepth(queueArnOrUrl: string): QueueDepth;
  /** See {@link Queues.messages}. */
  messages(queueArnOrUrl: string): QueuedMessage[];
  /** Does nothing when the topic exists. */
  createTopic(name: string): { arn: string };
  /** Does nothing when the queue is subscribed. */
  subscribe(topicArn: string, queueArn: string): void;
  /** Called once for every object written from now on, before its writer has the answer. A throw fails the write. */
  onObjectCreated(listener: (created: ObjectCreated) => void): void;
  /** The file that holds the object. */
  pathOf(bucket: string, key: string): string;
  /** The latest 10 000 at most, oldest first. */
  requests: readonly LoggedRequest[];
  /** Parts of multipart uploads that were neither completed nor aborted: on AWS they cost until a lifecycle rule. */
  openUploads(bucket: string): readonly string[];
  /** Closes the connections that clients keep open for their next request. */
  closeIdleConnections(): void;
  /** Ends long polls at once. May be called again. */
  close(): Promise<void>;
}

interface ReceiveMessageInput {
  WaitTimeSeconds?: number;
}

/** S3, SQS and SNS for this machine only, with their state in `stateDir`. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const opened: (() => unknown)[] = [];
  let closing: Promise<void> | undefined;
  async function closeAll(): Promise<void> {
    for (const close of opened.reverse()) await close();
  }
  function close(): Promise<void> {
    closing ??= closeAll();
    return closing;
  }
  try {
    return { ...(await start(options, opened)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Adds what must be closed to `opened`, the first to be opened first. */
async function start(options: EmulatorOptions, opened: (() => unknown)[]): Promise<Omit<Emulator, 'close'>> {
  const { stateDir, region, readOnly = false, intercept, fault, authorize } = options;
  const queueArnPrefix = `arn:aws:sqs:${region}:${ACCOUNT_ID}:`;
  const lock = readOnly ? undefined : lockState(stateDir);
  opened.push(() => lock?.release());
  const queueDir = path.join(stateDir, 'queues');
  const queueFile = path.join(queueDir, 'fauxqs.db');
  const inQueues = <T>(work: () => T) => withStateFile(queueFile, work);
  const queueState = readOnly ? undefined : inQueues(() => new QueueState(queueDir));
  opened.push(() => queueState?.close());

  const sqsStore = new SqsStore();
  const snsStore = new SnsStore();
  const s3Store = new ObjectStore();
  const app = buildApp({ logger: false, defaultRegion: region, stores: { sqsStore, snsStore, s3Store } });
  // Else fauxqs answers CreateQueue with a name under *.localhost, which not every system resolves.
  sqsStore.host = '';
  acceptLargeObjects(app);
  app.setErrorHandler((error: Error & { code?: string }, request, reply) => {
    const trouble = error.code === 'ERR_SQLITE_ERROR' ? new StateError(queueFile, error) : error;
    const call = apiCallOf(request);
    if (!(trouble instanceof StateError) || !call) return reply.send(error);
    options.onTrouble?.(trouble);
    // A status that no client tries again.
    refuse(reply, call, 507, 'InternalError', trouble.message);
  });

  const listeners: ((created: ObjectCreated) => void)[] = [];
  let action: string | undefined;
  const onWrite: OnWrite = (bucket, { key, contentLength, etag }, how) => {
    const put = action === 'CopyObject' ? 'ObjectCreated:Copy' : 'ObjectCreated:Put';
    const eventName = how === 'multipart' ? 'ObjectCreated:CompleteMultipartUpload' : put;
    for (const listener of listeners) {
      listener({ bucket, key, size: contentLength, etag: etag.replaceAll('"', ''), eventName });
    }
  };
  const files = new ObjectFiles(path.join(stateDir, 's3'), onWrite, { readOnly });
  files.loadS3(s3Store);
  s3Store.persistence = readOnly ? bodiesOf(files) : files;

  if (fault) addRequestFaults(app, fault);
  const requests = addRequestLog(app, intercept);
  if (authorize) addAuthorization(app, { authorize, store: s3Store, queueArnPrefix });
  addConditionalWrites(app, s3Store);
  addUrlListings(app);
  returnAbandonedReceives(app, sqsStore);
  // The last hook before the handler, which writes within the same tick: no other request can come between.
  app.addHook('preHandler', (request, _reply, done) => {
    action = apiCallOf(request)?.action;
    // Nobody sends to a copy: there is nothing to wait for.
    if (readOnly && action === 'ReceiveMessage') (request.body as ReceiveMessageInput).WaitTimeSeconds = 0;
    done();
  });

  opened.push(() => app.close());
  await app.listen({ host: LOOPBACK, port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const endpoint = `http://${LOOPBACK}:${port}`;
  const url = `${endpoint}/${ACCOUNT_ID}/`;
  inQueues(() =>
    queueState ? queueState.restore(sqsStore, snsStore, url) : loadQueues(queueDir, sqsStore, url),
  );
  const queues = new Queues(sqsStore, { url, arn: queueArnPrefix });

  return {
    endpoint,
    requests,
    createBucket: (name) => s3Store.createBucket(name),
    createQueue: (name, attributes) => queues.create(name, attributes),
    send: (queue, body) => queues.send(queue, body),
    queueDepth: (queue) => queues.depth(queue),
    messages: (queue) => queues.messages(queue),
    createTopic: (name) => ({ arn: snsStore.createTopic(name, {}, {}, region).arn }),
    subscribe: (topicArn, queueArn) => {
      if (!snsStore.subscribe(topicArn, 'sqs', queueArn)) throw new Error(`There is no topic ${topicArn}.`);
    },
    onObjectCreated: (listener) => {
      listeners.push(listener);
    },
    pathOf: (bucket, key) => files.pathOf(bucket, key),
    openUploads: (bucket) => s3Store.openUploads(bucket),
    closeIdleConnections: () => app.server.closeIdleConnections(),
  };
}

/** Reads what is in the files, and leaves them alone: a write of an object fails, a new bucket is in memory only. */
function bodiesOf(files: ObjectFiles): S3PersistenceProvider {
  const readBody: S3PersistenceProvider['readBody'] = (bucket, key) => files.readBody(bucket, key);
  return { readBody, insertBucket() {} } as unknown as S3PersistenceProvider;
}

/** An expression takes precedence over the catch-all that fauxqs registers for S3's bodies. */
function acceptLargeObjects(app: FastifyInstance): void {
  app.addContentTypeParser(/^/, { parseAs: 'buffer', bodyLimit: MAX_OBJECT_BYTES }, (_request, body, done) =>
    done(null, body),
  );
}
