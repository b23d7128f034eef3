import { parquetMetadata } from 'hyparquet';
import type { ApiCall } from '../../../local/aws/api-call.ts';
import type { RequestFault } from '../../../local/aws/request-faults.ts';
import type { Faults } from '../../../local/faults/faults.ts';
import { random } from '../../../local/faults/random.ts';
import { type FaultKind, faultKinds, seededFaults } from '../../../local/faults/seeded-faults.ts';
import { curatedKey, parseRawKey } from '../../../shared/keys.ts';
import {
  type Fate,
  type Faultless,
  problemsAfterFaults,
  problemsAfterRedrive,
  type Settled,
} from './oracle.ts';
import { hour, type Stage } from './stage.ts';
import { type RawObject, rawObjects, type Version } from './traffic.ts';

/** What one seed did and showed. */
export interface Outcome {
  readonly problems: readonly string[];
  /** What went wrong on purpose, and where, in its order. */
  readonly faults: readonly { readonly kind: FaultKind; readonly where: string }[];
}

/** What leaves a raw object without a message: reconcile has to find it. */
const losses: readonly FaultKind[] = ['S3: event lost', 'S3: event before the object is visible'];
const places = ['Oslo', 'Melbourne'];

/**
 * Lets everything happen at once that a seed says: files are dropped, change and vanish, hours are fetched, and faults
 * hit all of it. Then what was lost is reconciled, the oracle is asked, dead letters are sent again without faults, and
 * the oracle is asked once more. What is right, a faultless run over the same raw objects says at the end.
 */
export async function play(stage: Stage, seed: number): Promise<Outcome> {
  const faults: { kind: FaultKind; where: string }[] = [];
  const objects = rawObjects(seed);
  const world = new ChangingWorld(stage, objects);
  // See docs/reliability.md, "What is not covered": a worker that dies between its write and its look.
  const twins = seed % 3 === 0;
  stage.faults = world.with(
    seededFaults(seed, {
      without: new Set(twins ? faultKinds.filter((kind) => /killed|timed out/.test(kind)) : []),
      onFault: (kind, where) => faults.push({ kind, where }),
    }),
    { twins },
  );

  await Promise.all([world.begin(), fetchHours(stage, seed)]);
  do await stage.runtime.settled();
  while (await world.changeNext());
  if (faults.some(({ kind }) => losses.includes(kind))) {
    const reconciled = await stage.reconcile();
    if (!reconciled.ok) throw new Error(`Reconcile failed: ${reconciled.error.message}`);
    await stage.runtime.settled();
  }
  const afterFaults = await settledState(stage);

  stage.faults = {};
  const hours = await landedHours(stage);
  const all = [...objects, ...hours];
  const deliveries = all.map(({ key }) => stage.deliveries(key));
  await stage.redrive();
  await stage.runtime.settled();
  const afterRedrive = await settledState(stage);

  const landedTwice = hours.filter(({ key }) => stage.landed.filter((landed) => landed === key).length > 1);
  const faultless = await faultlessRun(stage, all);
  const fates = all.map(
    ({ key, curatedKey: curated, versions }, index): Fate => ({
      key,
      curatedKey: curated,
      faultless: versions.map((_version, at) => faultless[index]?.[at]),
      deliveries: deliveries[index] ?? [],
    }),
  );
  return {
    faults,
    problems: [
      ...landedTwice.map(({ key }) => `${key}: landed more than once`),
      ...unexpected(all, faultless),
      ...problemsAfterFaults(fates, afterFaults),
      ...problemsAfterRedrive(fates, afterRedrive),
    ],
  };
}

/** Raw objects that become their next version when the request comes that is their moment, or at last when none came. */
class ChangingWorld {
  readonly #stage: Stage;
  readonly #objects: readonly RawObject[];
  /** How many versions of an object there have been. */
  readonly #shown = new Map<RawObject, number>();
  readonly #asked = new Map<string, number>();

  constructor(stage: Stage, objects: readonly RawObject[]) {
    this.#stage = stage;
    this.#objects = objects;
  }

  async begin(): Promise<void> {
    await Promise.all(this.#objects.map((object) => this.#showNext(object)));
  }

  /** @returns false when every object is what it is to be in the end */
  async changeNext(): Promise<boolean> {
    const next = this.#objects.find((object) => this.#shownOf(object) < object.versions.length);
    if (next) await this.#showNext(next);
    return next !== undefined;
  }

  /** @param twins whether a message of an object that changes may be in work twice */
  with(faults: Faults, { twins }: { readonly twins: boolean }): Faults {
    return {
      ...faults,
      request: (call, actions) => {
        const object = this.#objects.find(({ key, curatedKey: curated }) =>
          [key, curated].includes(call.key ?? ''),
        );
        // Dropping and removing is ours.
        if (object && call.bucket === 'raw' && !['GetObject', 'HeadObject'].includes(call.action))
          return undefined;
        const drawn = faults.request?.(call, actions);
        if (!object || object.versions.length === 1) return drawn;
        return this.#withChange(call, object, twins ? this.#mended(call, drawn) : drawn);
      },
      delivery: (message) => {
        const again = faults.delivery?.(message);
        const changes = this.#objects.some(
          ({ key, versions }) => versions.length > 1 && decoded(message.Body).includes(`"${key}"`),
        );
        return changes && !twins && again === 'while-working' ? undefined : again;
      },
      invocation: (name, ...asked) =>
        name === 'reconcile-function' ? undefined : faults.invocation?.(name, ...asked),
    };
  }

  /** Only what the SDK's own tries get over: where two work on one message, none of them may fail. */
  #mended(call: ApiCall, fault: RequestFault | undefined): RequestFault | undefined {
    const name = `${call.action} ${call.key}`;
    const time = (this.#asked.get(name) ?? 0) + 1;
    if (fault) this.#asked.set(name, time);
    return fault?.answer?.status === 403 || time > 1 ? undefined : fault;
  }

  #withChange(call: ApiCall, object: RawObject, fault: RequestFault = {}): RequestFault {
    const { action, when } = object.change;
    // The first version is there before its event is, and so before its first request.
    const next = this.#shownOf(object);
    if (call.action !== action || next >= object.versions.length) return fault;
    const change = () => (this.#shownOf(object) === next ? this.#showNext(object) : undefined);
    return {
      ...fault,
      [when]: async () => {
        await change();
        await fault[when]?.();
      },
    };
  }

  async #showNext(object: RawObject): Promise<void> {
    const at = this.#shownOf(object);
    this.#shown.set(object, at + 1);
    const version = object.versions[at];
    if (version) await this.#stage.put(object.key, version);
    else await this.#stage.remove(object.key);
  }

  #shownOf(object: RawObject): number {
    return this.#shown.get(object) ?? 0;
  }
}

/** Hours in any order, some of them twice at once. Each run is tried three times, as Lambda does. */
async function fetchHours(stage: Stage, seed: number): Promise<void> {
  const start = Date.UTC(2026, 10, 22, Math.floor(random(seed, 'hour') * 20));
  const times = [1, 0].map((hours) => new Date(start + hours * hour));
  const starts = times.flatMap((time, index) => (random(seed, 'twice', index) < 0.4 ? [time, time] : [time]));
  const tryRun = async (time: Date): Promise<boolean> => (await stage.fetch(time, places)).ok;
  await Promise.all(
    starts.map(async (time) => (await tryRun(time)) || (await tryRun(time)) || (await tryRun(time))),
  );
}

/** What fetch has landed, as it is. */
async function landedHours(stage: Stage): Promise<RawObject[]> {
  const keys = [...new Set(stage.landed)].filter((key) => /\d{8}T\d{6}Z\.json$/.test(key));
  return Promise.all(
    keys.map(async (key) => {
      const content = await stage.raw(key);
      const version: Version = { body: Buffer.of(), metadata: {}, ...content, outcome: places.length };
      const { day = '', ...parsed } = parseRawKey(key);
      return {
        key,
        curatedKey: curatedKey({ ...parsed, day }),
        versions: [version],
        change: { action: '', when: 'before' },
      };
    }),
  );
}

async function settledState(stage: Stage): Promise<Settled> {
  return {
    curated: await stage.curated(),
    letters: stage.letters(),
    openUploads: stage.runtime.emulator.openUploads(stage.outputs.CuratedBucketName),
  };
}

/** Converts each version of each object, with nothing going wrong. */
async function faultlessRun(
  stage: Stage,
  objects: readonly RawObject[],
): Promise<readonly (readonly (Faultless | undefined)[])[]> {
  const made: (Faultless | undefined)[][] = objects.map(() => []);
  const most = Math.max(...objects.map(({ versions }) => versions.length));
  for (let at = 0; at < most; at++) {
    await stage.clear();
    await Promise.all(
      objects.map(async ({ key, versions }) => {
        const version = versions[at];
        if (version) await stage.put(key, version);
      }),
    );
    await stage.runtime.settled();
    const curated = await stage.curated();
    const letters = stage.letters();
    for (const [index, { key, curatedKey: curatedAs, versions }] of objects.entries()) {
      if (!versions[at]) continue;
      const bytes = curated.get(curatedAs);
      made[index]?.splice(
        at,
        1,
        bytes ? { bytes, rows: rowsIn(bytes) } : { code: letters.find((letter) => letter.key === key)?.code },
      );
    }
  }
  return made;
}

/** Where a faultless run does not make of a version what its author says: every record once, or this code. */
function unexpected(
  objects: readonly RawObject[],
  faultless: readonly (readonly (Faultless | undefined)[])[],
): string[] {
  return objects.flatMap(({ key, versions }, index) =>
    versions.flatMap((version, at) => {
      const made = faultless[index]?.[at];
      const outcome = made && ('rows' in made ? made.rows : made.code);
      return version && outcome !== version.outcome
        ? [`${key}, version ${at}: a faultless run gives ${outcome}, expected ${version.outcome}`]
        : [];
    }),
  );
}

function rowsIn(parquet: Buffer): number {
  return Number(parquetMetadata(new Uint8Array(parquet).buffer).num_rows);
}

function decoded(body = ''): string {
  return decodeURIComponent(body.replaceAll('+', ' '));
}
