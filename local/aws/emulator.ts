import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { compareBytes } from '../../shared/byte-order.ts';
import { type ListedObject, unquoted } from '../../shared/listing.ts';
import { accountId } from '../account.ts';
import { closeable } from '../closeable.ts';
import type { Authorize } from '../iam/access.ts';
import { type ApiCall, apiCallOf, refuse } from './api-call.ts';
import { addAuthorization } from './authorization.ts';
import { buildApp, type S3Object, type S3PersistenceProvider, SnsStore, SqsStore } from './fauxqs.ts';
import { ObjectFiles } from './object-files.ts';
import { ObjectStore } from './object-store.ts';
import { addOwnRequests } from './own-requests.ts';
import { loadQueues, localQueues, QueueState, type Queues, returnAbandonedReceives } from './queues.ts';
import { addRequestFaults, type RequestFaults } from './request-faults.ts';
import {
  addConditionalWrites,
  addHeadLengths,
  addStreamedObjects,
  addUrlListings,
  isStreamed,
} from './s3.ts';
import { addSecrets, SecretStore } from './secrets.ts';
import { StateError, withStateFile } from './state-error.ts';
import { isLocked, lockState, type StateLock } from './state-lock.ts';

/** fauxqs stops at 11 MiB, S3 at 5 GB: this much is held in memory. */
const MAX_OBJECT_BYTES = 512 * 1024 * 1024;
/** Enough for any test; a run of days forgets the older ones. */
const REQUESTS_KEPT = 10_000;

export interface EmulatorOptions {
  /** Created when missing. One process at a time. */
  readonly stateDir: string;
  /** Of the directory, when the caller holds it already; released at the end. */
  readonly lock?: StateLock | undefined;
  readonly region: string;
  /**
   * Shows the state as it is now, without the lock, also while another process changes it. What is done to it is done to
   * a copy in memory: nothing reaches the directory.
   */
  readonly readOnly?: boolean;
  /** Told of a file of the state directory that cannot be used any more: a full disk, say. */
  readonly onTrouble?: (trouble: StateError) => void;
  /** Decides on each request. @default everyone is allowed to do anything */
  readonly authorize?: Authorize;
  /** What goes wrong with each request. */
  readonly faults?: RequestFaults;
}

/** What happened to an object. */
export interface ObjectEvent {
  readonly bucket: string;
  /** As it was written: not URL-encoded. */
  readonly key: string;
  /** `ObjectCreated:` and then `Put`, `Copy` or `CompleteMultipartUpload`; or `ObjectRemoved:Delete`. */
  readonly eventName: string;
}

export interface ObjectCreated extends ObjectEvent {
  /** Bytes. */
  readonly size: number;
  /** Without quotes, as in an S3 event. */
  readonly etag: string;
}

export interface LoggedRequest extends Omit<ApiCall, 'method'> {
  /** Of HTTP; of the answer as it was sent. */
  readonly status: number;
}

export interface Emulator extends Queues {
  /** `http://127.0.0.1:<port>`, for the clients of S3, SQS and Secrets Manager. */
  readonly endpoint: string;
  /** Does nothing when the bucket exists. */
  createBucket(name: string): void;
  /** Called once for every object written from now on, before its writer has the answer. A throw fails the write. */
  onObjectCreated(listener: (created: ObjectCreated) => void): void;
  /** The same for every object deleted; not for a key that held none. */
  onObjectRemoved(listener: (removed: ObjectEvent) => void): void;
  /** Every object of a bucket as it is now, without a request. */
  sizesIn(bucket: string): ReadonlyMap<string, number>;
  /** The objects of a prefix between two keys, from inside the process, in S3's order. */
  objects(
    bucket: string,
    where: { readonly prefix: string; readonly startAfter: string; readonly before: string },
  ): readonly ListedObject[];
  /** The file that holds the object. */
  pathOf(bucket: string, key: string): string;
  /** Name -> value, live. In memory only, and none are there at first. */
  readonly secrets: Map<string, string>;
  /** The latest 10 000 at most, oldest first. */
  readonly requests: readonly LoggedRequest[];
  /** Keys of multipart uploads that were neither completed nor aborted: on AWS they cost until a lifecycle rule. */
  openUploads(bucket: string): readonly string[];
  /** Closes the connections that clients keep open for their next request. */
  closeIdleConnections(): void;
  /** Ends long polls at once. May be called again. */
  close(): Promise<void>;
}

/** S3, SQS and Secrets Manager for this machine only. Objects and queues are kept in `stateDir`. */
export function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  return closeable(async (opened) => {
    const { stateDir, region, readOnly = false, faults, authorize } = options;
    const queueArnPrefix = `arn:aws:sqs:${region}:${accountId}:`;
    if (!readOnly) opened.adopt(options.lock ?? lockState(stateDir), (lock) => lock.release());
    const queueDir = path.join(stateDir, 'queues');
    const queueFile = path.join(queueDir, 'fauxqs.db');
    const queueState = readOnly ? undefined : withStateFile(queueFile, () => new QueueState(queueDir));
    opened.defer(() => queueState?.close());

    const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new ObjectStore() };
    const { s3Store, sqsStore } = stores;
    const app = opened.adopt(buildApp({ logger: false, defaultRegion: region, stores }), (it) => it.close());
    addOwnRequests(app);
    // Otherwise fauxqs answers CreateQueue with a name under *.localhost, which not every system resolves.
    sqsStore.host = '';
    // An expression takes precedence over the catch-all that fauxqs registers for S3's bodies.
    const parsing = { parseAs: 'buffer', bodyLimit: MAX_OBJECT_BYTES } as const;
    app.addContentTypeParser(/^/, parsing, (_request, body, done) => done(null, body));

    app.setErrorHandler((error: Error & { code?: string }, request, reply) => {
      const trouble = error.code === 'ERR_SQLITE_ERROR' ? new StateError(queueFile, error) : error;
      const call = apiCallOf(request);
      if (!(trouble instanceof StateError) || !call) return reply.send(error);
      options.onTrouble?.(trouble);
      // A status that no client tries again.
      refuse(reply, call, { status: 507, code: 'InternalError' }, trouble.message);
    });

    const created: ((event: ObjectCreated) => void)[] = [];
    const removed: ((event: ObjectEvent) => void)[] = [];
    let action: string | undefined;
    const onWrite = (bucket: string, { key, contentLength, etag }: S3Object) => {
      const eventName = `ObjectCreated:${(action ?? '').replace('Object', '')}`;
      for (const listener of created) {
        listener({ bucket, key, size: contentLength, etag: unquoted(etag), eventName });
      }
    };
    const onDelete = (bucket: string, key: string) => {
      for (const listener of removed) listener({ bucket, key, eventName: 'ObjectRemoved:Delete' });
    };
    const files = new ObjectFiles(path.join(stateDir, 's3'), { onWrite, onDelete, readOnly });
    files.loadS3(s3Store);
    s3Store.persistence = readOnly ? bodiesOf(files) : files;

    addStreamedObjects(app, s3Store, (bucket, key) => files.pathOf(bucket, key));
    if (faults) addRequestFaults(app, faults);
    const requests = logRequests(app);
    const secrets = new SecretStore(region);
    if (authorize) addAuthorization(app, { authorize, objects: s3Store, secrets, queueArnPrefix });
    addSecrets(app, secrets);
    addConditionalWrites(app, s3Store);
    addUrlListings(app);
    addHeadLengths(app);
    returnAbandonedReceives(app, sqsStore);
    // The last hook before the handler, which writes within the same tick: no other request can come between.
    app.addHook('preHandler', (request, _reply, done) => {
      action = apiCallOf(request)?.action;
      s3Store.withoutBody = isStreamed(request, s3Store);
      // Nobody sends to a copy: there is nothing to wait for.
      if (readOnly && action === 'ReceiveMessage')
        (request.body as { WaitTimeSeconds?: number }).WaitTimeSeconds = 0;
      done();
    });

    const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });
    const prefixes = { url: `${endpoint}/${accountId}/`, arn: queueArnPrefix };
    withStateFile(queueFile, () =>
      queueState
        ? queueState.restore(stores, prefixes.url)
        : loadQueues(queueDir, sqsStore, { queueUrlPrefix: prefixes.url, isAtWork: isLocked(stateDir) }),
    );

    return {
      ...localQueues(sqsStore, prefixes),
      endpoint,
      requests,
      secrets: secrets.values,
      createBucket: (name) => s3Store.createBucket(name),
      onObjectCreated: (listener) => {
        created.push(listener);
      },
      onObjectRemoved: (listener) => {
        removed.push(listener);
      },
      sizesIn: (bucket) =>
        new Map(
          Array.from(s3Store.objectsOf(bucket, '', ''), ({ key, contentLength }) => [key, contentLength]),
        ),
      objects(bucket, { prefix, startAfter, before }) {
        const listed: ListedObject[] = [];
        for (const { key, contentLength, lastModified, etag } of s3Store.objectsOf(
          bucket,
          prefix,
          startAfter,
        )) {
          if (compareBytes(key, before) >= 0) break;
          listed.push({ key, size: contentLength, lastModified, etag: unquoted(etag) });
        }
        return listed;
      },
      pathOf: (bucket, key) => files.pathOf(bucket, key),
      openUploads: (bucket) => s3Store.openUploads(bucket),
      closeIdleConnections: () => app.server.closeIdleConnections(),
    };
  });
}

/** Reads what is in the files, and leaves them alone: a write of an object fails, a new bucket is in memory only. */
function bodiesOf(files: ObjectFiles): S3PersistenceProvider {
  const readBody: S3PersistenceProvider['readBody'] = (bucket, key) => files.readBody(bucket, key);
  return { readBody, insertBucket() {} } as unknown as S3PersistenceProvider;
}

/** Logs each request before its answer leaves, so that whoever has the answer finds it in the log. */
function logRequests(app: FastifyInstance): readonly LoggedRequest[] {
  const log: LoggedRequest[] = [];
  app.addHook('onSend', (request, reply, payload, done) => {
    const call = apiCallOf(request);
    if (call) {
      const { method: _, ...named } = call;
      log.push({ ...named, status: reply.statusCode });
      if (log.length > REQUESTS_KEPT) log.shift();
    }
    done(null, payload);
  });
  return log;
}
