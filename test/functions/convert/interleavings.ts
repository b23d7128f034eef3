import { Readable } from 'node:stream';
import {
  NoSuchKey,
  NotFound,
  S3Client,
  S3ServiceException,
  type ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import { jest } from '@jest/globals';
import type { conversion } from '../../../functions/convert/conversion.ts';

// Thousands of conversions are made here, and of each it only matters what it was made of: it copies the bytes.
const copying: typeof conversion = async function* ({ dataset: { tables } }, { body }) {
  for await (const bytes of body) yield tables.map(() => bytes);
  return { rows: tables.map(() => 0), rescuedFields: 0, unexpected: [] };
};
const conversionPath = '../../../functions/convert/conversion.ts';
const actual = (await import(conversionPath)) as typeof import('../../../functions/convert/conversion.ts');
jest.unstable_mockModule(conversionPath, () => ({ ...actual, conversion: copying }));
const { convertObject } = await import('../../../functions/convert/convert-object.ts');

/** An object in a bucket. */
interface StoredObject {
  /** Its content as well. */
  readonly etag: string;
  /** Of what is in raw at first and in turn, its place in that; of what a worker writes, -1. */
  readonly version: number;
}

/** By bucket and key, `raw/weatherapi/…`. */
type Objects = Readonly<Record<string, StoredObject>>;

interface Request {
  readonly action: string;
  readonly object: string;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** Of a write, the ETag of what is written. */
  readonly etag: string | undefined;
  /** Of a copy. */
  readonly source: string | undefined;
  readonly sourceIfMatch: string | undefined;
}

interface Answer extends Partial<StoredObject> {
  readonly status: 200 | 404 | 412;
}

interface Worker {
  /** All that it was answered. It decides on nothing else, so this is the state that it is in. */
  readonly history: History;
  /** It ended well, with an error, or in the middle. */
  readonly state: 'working' | 'ended' | 'failed' | 'crashed';
  /** How many changes there had been at its last request. */
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
  /** The key that two workers work on at once. */
  readonly rawKey: string;
  /** What is in raw under the key at first, and then in turn: names of contents. */
  readonly contents: readonly string[];
  /** What is in curated at first. */
  readonly curated?: Objects;
  /** What S3 would do without one of the two protections. */
  readonly without?: 'conditions' | 'look' | undefined;
}

/**
 * Every state in which all has come to its end, however the requests of two workers, the changes of the raw object, and
 * the crash of one worker, or none, at any moment follow each other. The workers are the real code: what one asks for
 * next depends on nothing but what it was answered before, so it is run once for each such history.
 */
export async function endStates(play: Play): Promise<State[]> {
  const run = runner(play);
  const worker: Worker = { history: historyOf([], run), state: 'working', sawChanges: 0 };
  const start: State = {
    objects: { ...play.curated, [`raw/${play.rawKey}`]: { etag: play.contents[0] ?? '', version: 0 } },
    workers: [worker, worker],
    changes: 0,
  };
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

/** The same for states that differ in nothing but which of the workers is which. */
function nameOf({ objects, workers, changes }: State): string {
  const each = workers.map(({ history, state, sawChanges }) => `${history.name} ${state} ${sawChanges}`);
  const all = Object.entries(objects).map(([name, { etag, version }]) => `${name} ${etag} ${version}`);
  return [changes, ...each.sort(), ...all.sort()].join('\n');
}

async function statesAfter(state: State, play: Play, run: Run): Promise<State[]> {
  const following: State[] = [];
  const { rawKey, contents, without } = play;
  const change = contents[state.changes + 1];
  if (change !== undefined) {
    const changes = state.changes + 1;
    const changed = { [`raw/${rawKey}`]: { etag: change, version: changes } };
    following.push({ ...state, changes, objects: { ...state.objects, ...changed } });
  }
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
    const { answer, objects } = handled(request, state.objects, without);
    const isLook = request.action === 'HeadObject' && request.object === `raw/${rawKey}`;
    const told = without === 'look' && isLook ? lastRead(worker.history) : answer;
    become({ history: after(worker.history, told, run), sawChanges: state.changes }, objects);
  }
  return following;
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

/** A look that finds the raw object as it was read, whatever it is. */
function lastRead({ answers }: History): Answer {
  return answers.findLast(({ version }) => version !== undefined && version >= 0) ?? { status: 404 };
}

/** What S3 does. */
function handled(
  { action, object, ifMatch, ifNoneMatch, etag = '', source, sourceIfMatch }: Request,
  objects: Objects,
  without: Play['without'],
): { answer: Answer; objects: Objects } {
  const refused = (status: 404 | 412) => ({ answer: { status }, objects }) as const;
  const stored = objects[object];
  if (action === 'HeadObject' || action === 'GetObject') {
    return stored ? { answer: { status: 200, ...stored }, objects } : refused(404);
  }
  if (without !== 'conditions') {
    if (ifNoneMatch !== undefined && stored) return refused(412);
    if (ifMatch !== undefined && !stored) return refused(404);
    if (ifMatch !== undefined && stored?.etag !== ifMatch) return refused(412);
  }
  if (action === 'DeleteObject') {
    const { [object]: _, ...others } = objects;
    return { answer: { status: 200 }, objects: others };
  }
  const copied = source === undefined ? { etag } : objects[source];
  if (!copied) return refused(404);
  if (sourceIfMatch !== undefined && sourceIfMatch !== copied.etag) return refused(412);
  return { answer: { status: 200 }, objects: { ...objects, [object]: { etag: copied.etag, version: -1 } } };
}

type Run = (answers: readonly Answer[]) => History['next'];

/** Runs the real code up to the first request that is not answered, or to its end. */
function runner({ rawKey }: Play): Run {
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
        const output = outputOf(request, answer) as ServiceOutputTypes;
        return { output, response: {} };
      },
    { step: 'initialize' },
  );
  const dependencies = { s3, raw: 'raw', curated: 'curated', signal: new AbortController().signal };
  let last: Promise<unknown> = Promise.resolve();
  return (history) => {
    const run = last.then(
      () =>
        new Promise<Request | 'ended' | 'failed'>((resolve) => {
          answers = [...history];
          unanswered = resolve;
          convertObject(rawKey, dependencies).then(
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
  readonly Key: string;
  readonly Body?: Uint8Array;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
  readonly CopySource?: string;
  readonly CopySourceIfMatch?: string;
}

function requestOf(action: string, input: Input): Request {
  return {
    action,
    object: `${input.Bucket}/${input.Key}`,
    ifMatch: input.IfMatch,
    ifNoneMatch: input.IfNoneMatch,
    etag: input.Body && Buffer.from(input.Body).toString(),
    source: input.CopySource && decodeURIComponent(input.CopySource),
    sourceIfMatch: input.CopySourceIfMatch,
  };
}

function outputOf({ action }: Request, { status, etag = '', version }: Answer): object {
  const $metadata = { httpStatusCode: status };
  const message = 'As the play has it.';
  if (status === 404 && action === 'HeadObject') throw new NotFound({ $metadata, message });
  if (status === 404) throw new NoSuchKey({ $metadata, message });
  if (status === 412)
    throw new S3ServiceException({ name: 'PreconditionFailed', $fault: 'client', $metadata, message });
  const Body = action === 'GetObject' ? Readable.from([Buffer.from(etag)]) : undefined;
  return { $metadata, ETag: etag, VersionId: String(version), Body };
}
