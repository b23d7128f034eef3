import { Readable } from 'node:stream';
import {
  NoSuchKey,
  NotFound,
  S3Client,
  S3ServiceException,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';

/** An object in a bucket. */
interface StoredObject {
  /** Its content as well. */
  readonly etag: string;
  /** Of what is in the source at first and in turn, its place in that; of what a worker writes, -1. */
  readonly version: number;
  /** Metadata that a worker wrote. */
  readonly metadata?: Metadata | undefined;
}

type Metadata = Readonly<Record<string, string>>;

/** By bucket and key, `raw/weatherapi/…`. */
export type Objects = Readonly<Record<string, StoredObject>>;

interface Request {
  readonly action: string;
  /** Of a listing, the prefix. */
  readonly object: string;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** Of a write, the ETag of what is written. */
  readonly etag: string | undefined;
  readonly metadata: Metadata | undefined;
  /** Of a copy. */
  readonly source: string | undefined;
  readonly sourceIfMatch: string | undefined;
}

export interface Answer extends Partial<StoredObject> {
  readonly action: string;
  readonly status: 200 | 404 | 412;
  /** Keys and ETags. */
  readonly listed?: readonly (readonly [string, string])[];
}

interface Worker {
  /** All that it was answered. It decides on nothing else, so this is the state that it is in. */
  readonly history: History;
  /** It ended well, with an error, or in the middle. */
  readonly state: 'working' | 'ended' | 'failed' | 'crashed';
  /** How many changes there had been at its first request, and at its last one. */
  readonly began: number;
  readonly sawChanges: number;
}

/** One object for each: the same answers are the same history. */
interface History {
  readonly name: string;
  readonly answers: readonly Answer[];
  readonly next: Promise<Request | 'ended' | 'failed'>;
  readonly following: Map<string, History>;
}

export interface State {
  readonly objects: Objects;
  readonly workers: readonly Worker[];
  /** How many changes there have been. */
  readonly changes: number;
}

export interface Play {
  /** What two workers do at once. */
  readonly work: (s3: S3Client) => Promise<unknown>;
  /** What there is at first. */
  readonly objects: Objects;
  /** What happens in turn: objects are put, or removed if undefined. */
  readonly changes: readonly Readonly<Record<string, StoredObject | undefined>>[];
  /** What S3 would do without one of the protections. */
  readonly without?: 'write conditions' | 'read conditions' | 'look' | undefined;
  /** What a last look would find if nothing had changed; undefined for any other request. */
  readonly unchanged: (request: Request, answers: readonly Answer[]) => Answer | undefined;
}

/**
 * Every state in which all has come to its end, however the requests of two workers, the changes, and the
 * crash of one worker, or none, at any moment follow each other. The workers are the real code: what one asks for
 * next depends on nothing but what it was answered before, so it is run once for each such history.
 */
export async function endStates(play: Play): Promise<State[]> {
  const run = runner(play);
  const worker: Worker = { history: historyOf([], run), state: 'working', began: 0, sawChanges: 0 };
  const start: State = { objects: play.objects, workers: [worker, worker], changes: 0 };
  const seen = new Set<string>();
  const ends: State[] = [];
  const open = [start];
  for (let state = open.pop(); state; state = open.pop()) {
    const name = nameOf(state);
    if (seen.has(name)) continue;
    seen.add(name);
    const following = await statesAfter(state, play, run);
    if (following.length === 0) ends.push(state);
    open.push(...following);
  }
  return ends;
}

/** What there is after one more worker has come alone. */
export async function objectsAfterOne(play: Play, objects: Objects): Promise<Objects> {
  const run = runner(play);
  let now = objects;
  for (let history = historyOf([], run); ; ) {
    const request = await history.next;
    if (typeof request === 'string') return now;
    const done = handled(request, now, undefined);
    now = done.objects;
    history = after(history, done.answer, run);
  }
}

/** The same for states that differ in nothing but which of the workers is which. */
function nameOf({ objects, workers, changes }: State): string {
  const each = workers.map(
    ({ history, state, began, sawChanges }) => `${history.name} ${state} ${began} ${sawChanges}`,
  );
  const all = Object.entries(objects).map(([name, stored]) => `${name} ${JSON.stringify(stored)}`);
  return [changes, ...each.sort(), ...all.sort()].join('\n');
}

async function statesAfter(state: State, play: Play, run: Run): Promise<State[]> {
  const following: State[] = [];
  const change = play.changes[state.changes];
  if (change !== undefined)
    following.push({ ...state, changes: state.changes + 1, objects: changed(state.objects, change) });
  for (const [index, worker] of state.workers.entries()) {
    if (worker.state !== 'working') continue;
    const become = (now: Partial<Worker>, objects = state.objects) =>
      following.push({ ...state, objects, workers: state.workers.with(index, { ...worker, ...now }) });
    if (state.workers.every(({ state }) => state !== 'crashed')) become({ state: 'crashed' });
    const request = await worker.history.next;
    if (typeof request === 'string') {
      become({ state: request });
      continue;
    }
    const { answer, objects } = handled(request, state.objects, play.without);
    const { answers } = worker.history;
    const unchanged = play.without === 'look' ? play.unchanged(request, answers) : undefined;
    const began = answers.length === 0 ? state.changes : worker.began;
    const history = after(worker.history, unchanged ?? answer, run);
    become({ history, began, sawChanges: state.changes }, objects);
  }
  return following;
}

function changed(objects: Objects, change: Play['changes'][number]): Objects {
  return Object.fromEntries(
    Object.entries({ ...objects, ...change }).flatMap(([name, stored]) => (stored ? [[name, stored]] : [])),
  );
}

function historyOf(answers: readonly Answer[], run: Run): History {
  return { name: JSON.stringify(answers), answers, next: run(answers), following: new Map() };
}

function after({ answers, following }: History, answer: Answer, run: Run): History {
  const name = JSON.stringify(answer);
  const history = following.get(name) ?? historyOf([...answers, answer], run);
  following.set(name, history);
  return history;
}

/** What S3 does. */
function handled(
  { action, object, ifMatch, ifNoneMatch, etag = '', metadata, source, sourceIfMatch }: Request,
  objects: Objects,
  without: Play['without'],
): { answer: Answer; objects: Objects } {
  const answered = (answer: Partial<Answer>, now = objects) =>
    ({ answer: { action, status: 200, ...answer }, objects: now }) as const;
  const refused = (status: 404 | 412) => answered({ status });
  if (action === 'ListObjectsV2') return answered({ listed: listed(objects, object) });
  const stored = objects[object];
  const isRead = action === 'HeadObject' || action === 'GetObject';
  if (isRead && !stored) return refused(404);
  if (without !== (isRead ? 'read conditions' : 'write conditions')) {
    if (ifNoneMatch !== undefined && stored) return refused(412);
    if (ifMatch !== undefined && !stored) return refused(404);
    if (ifMatch !== undefined && stored?.etag !== ifMatch) return refused(412);
  }
  if (isRead) return answered({ ...stored });
  if (action === 'DeleteObject') return answered({}, changed(objects, { [object]: undefined }));
  const copied = source === undefined ? { etag, metadata } : objects[source];
  if (!copied) return refused(404);
  if (sourceIfMatch !== undefined && sourceIfMatch !== copied.etag) return refused(412);
  return answered({}, { ...objects, [object]: { ...copied, version: -1 } });
}

function listed(objects: Objects, prefix: string) {
  const bucket = prefix.slice(0, prefix.indexOf('/') + 1);
  return Object.entries(objects)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, { etag }]) => [name.slice(bucket.length), etag] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

type Run = (answers: readonly Answer[]) => History['next'];

/** Runs the real code up to the first request that is not answered, or to its end. */
function runner({ work }: Pick<Play, 'work'>): Run {
  // One run at a time: those before wait for an answer that never comes.
  let answers: Answer[] = [];
  let unanswered: (request: Request) => void = () => {};
  const s3 = new S3Client({ region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
  s3.middlewareStack.add(
    (_next, { commandName = '' }) =>
      async ({ input }) => {
        const request = requestOf(commandName.replace('Command', ''), input as Input);
        const answer = answers.shift();
        if (!answer) {
          unanswered(request);
          return new Promise(() => {});
        }
        const output = outputOf(answer) as ServiceOutputTypes;
        return { output, response: {} };
      },
    { step: 'initialize' },
  );
  let last: Promise<unknown> = Promise.resolve();
  return (history) => {
    const run = last.then(
      () =>
        new Promise<Request | 'ended' | 'failed'>((resolve) => {
          answers = [...history];
          unanswered = resolve;
          work(s3).then(
            () => resolve('ended'),
            () => resolve('failed'),
          );
        }),
    );
    last = run;
    return run;
  };
}

interface Input {
  readonly Bucket: string;
  readonly Key?: string;
  readonly Prefix?: string;
  readonly Body?: Uint8Array;
  readonly Metadata?: Metadata;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
  readonly CopySource?: string;
  readonly CopySourceIfMatch?: string;
}

function requestOf(action: string, input: Input): Request {
  return {
    action,
    object: `${input.Bucket}/${input.Key ?? input.Prefix}`,
    ifMatch: input.IfMatch?.replace(/^"(.*)"$/, '$1'),
    ifNoneMatch: input.IfNoneMatch,
    etag: input.Body && Buffer.from(input.Body).toString(),
    metadata: input.Metadata,
    source: input.CopySource && decodeURIComponent(input.CopySource),
    sourceIfMatch: input.CopySourceIfMatch,
  };
}

function outputOf({ action, status, etag = '', version, metadata, listed = [] }: Answer): object {
  const $metadata = { httpStatusCode: status };
  const message = 'As the play has it.';
  if (status === 404 && action === 'HeadObject') throw new NotFound({ $metadata, message });
  if (status === 404) throw new NoSuchKey({ $metadata, message });
  if (status === 412)
    throw new S3ServiceException({ name: 'PreconditionFailed', $fault: 'client', $metadata, message });
  if (action === 'ListObjectsV2') {
    const Contents = listed.map(([Key, ETag]) => ({ Key, ETag, Size: 1 }));
    return { $metadata, Contents, IsTruncated: false };
  }
  return { $metadata, ETag: etag, VersionId: String(version), Metadata: metadata, Body: bodyOf(etag) };
}

function bodyOf(text: string): Readable {
  const bytes = Buffer.from(text);
  return Object.assign(Readable.from([bytes]), { transformToByteArray: async () => bytes });
}
