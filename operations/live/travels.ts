import { type Day, dayPrefix, filedKey, givenUpPrefix, parsedDay, parsedKey } from '../../shared/keys.ts';
import { compactedOf, curatedOf } from '../current.ts';
import type { Reached } from '../deployed.ts';
import { eventOf } from '../explain/story-events.ts';
import type { QueuedLetter } from '../letters/queued-letters.ts';
import type { LogLine } from '../logs.ts';
import type { Entry } from './activities.ts';
import { Tale } from './tale.ts';
import { Travel } from './travel.ts';

interface TravelsOptions {
  readonly reached: Reached;
  readonly now: () => number;
  /** Whether fetch is at work: then its objects are not dropped ones. */
  readonly isFetching: () => boolean;
  /** Begins the entry of an object that somebody put into raw. */
  readonly begin: (key: string, bytes: number) => Entry;
}

/** Entries for dropped objects that are told at the same time; what comes beside them is told together. */
const dropsAtOnce = 5;
/** Looks at idle queues after which an object that is not converted was not told of. */
const lostAfter = 3;

/** Raw objects on their way, as their entries in the activity are told. */
export class Travels {
  readonly #options: TravelsOptions;
  /** By raw key. */
  readonly #travels = new Map<string, Travel>();
  readonly #open = new Set<Tale>();
  /** Those of dropped objects. */
  readonly #drops = new Set<Tale>();
  /** Objects that came while fetch was at work, and their bytes. */
  readonly #unclaimed = new Map<string, number>();
  #idleLooks = 0;
  #isLooking = false;

  constructor(options: TravelsOptions) {
    this.#options = options;
  }

  /**
   * Tells an entry of these objects from now on, and of what has become of them already.
   * @returns ends that
   */
  follow(entry: Entry, rawKeys: readonly string[], days: readonly string[] = [], isThere = true): () => void {
    if (rawKeys.length + days.length === 0) return () => {};
    const { now } = this.#options;
    const tale = new Tale(entry, now);
    for (const key of rawKeys) {
      this.#unclaimed.delete(key);
      const known = this.#travels.get(key);
      const travel = known && !known.tale ? known : new Travel(key, now());
      travel.isThere = isThere;
      this.#travels.set(key, travel);
      tale.add(travel);
    }
    for (const prefix of days) {
      const day = parsedDay(prefix);
      if (!day) continue;
      const travel = new Travel(prefix, now());
      travel.converted([], 0);
      travel.days.set(prefix, day);
      this.#travels.set(prefix, travel);
      tale.add(travel);
    }
    this.#tell(tale);
    return () => this.#close(tale);
  }

  /** Whether a raw object was written, and nobody tells of it yet. */
  isUnderWay(key: string): boolean {
    return this.#unclaimed.has(key);
  }

  /** A raw object was written. */
  written(key: string, bytes: number): void {
    if (key.startsWith(givenUpPrefix) || key.endsWith('/')) return;
    const known = this.#travels.get(key);
    if (known?.tale) {
      known.restart();
      return;
    }
    const travel = new Travel(key, this.#options.now());
    const origin = this.#originOf(key);
    this.#travels.set(key, travel);
    if (origin) {
      origin.key = key;
      this.#travels.set(key, origin);
    } else if (this.#options.isFetching()) this.#unclaimed.set(key, bytes);
    else this.#drop(travel, bytes);
  }

  /** Fetch has ended: what came meanwhile, and was not its own, was dropped. */
  fetched(): void {
    for (const [key, bytes] of this.#unclaimed) {
      const travel = this.#travels.get(key);
      if (travel && !travel.tale) this.#drop(travel, bytes);
    }
    this.#unclaimed.clear();
  }

  /** A line that convert or compact printed. */
  logged(line: LogLine): void {
    const { function: by, members } = line;
    const { message, rawKey, table, day, tables, rescuedFields } = members;
    if (by === 'compact' && typeof table === 'string' && typeof day === 'string') {
      const prefix = `${table}/dt=${day}/`;
      if (/^(Compacted|Current already|Removed)/.test(String(message))) void this.#look([prefix]);
      else if ('error' in members) for (const tale of this.#talesOf(prefix)) tale.retried(eventOf(line).what);
      return;
    }
    const travel = by === 'convert' ? this.#travels.get(String(rawKey)) : undefined;
    if (!travel) return;
    if (Array.isArray(tables)) travel.converted(tables, Number(rescuedFields));
    else if ('error' in members) travel.tale?.retried(eventOf(line).what);
    else if (/is gone|^Ignored/.test(String(message))) travel.end = { text: `${message}.`, isDead: false };
    this.#tell(travel.tale);
  }

  died({ id, function: by, reason, keys }: QueuedLetter): void {
    const end = { text: `Dead: ${reason}`, isDead: true, letterId: id };
    const dead = keys.flatMap((key) =>
      by === 'convert' ? (this.#travels.get(key) ?? []) : this.#waitingFor(prefixOf(key)),
    );
    for (const travel of dead) {
      travel.end = end;
      this.#tell(travel.tale);
    }
  }

  /** Looks for what no log line told of. Call it now and then. @param isIdle whether the queues are empty */
  async sweep(isIdle: boolean): Promise<void> {
    for (const tale of this.#open) this.#tell(tale);
    this.#idleLooks = isIdle ? this.#idleLooks + 1 : 0;
    if (!isIdle || this.#isLooking || this.#options.isFetching()) return;
    this.#isLooking = true;
    try {
      const told = [...this.#travels.values()].filter(({ tale, isOver }) => tale && !isOver);
      const unconverted = told.filter(({ isConverted, isThere }) => !isConverted && isThere);
      if (this.#idleLooks >= lostAfter) for (const travel of unconverted) await this.#find(travel);
      await this.#look(told.flatMap(({ days }) => [...days.keys()]));
    } finally {
      this.#isLooking = false;
    }
  }

  /** Asks the buckets about an object that nobody works on. */
  async #find(travel: Travel): Promise<void> {
    const made = await curatedOf(this.#options.reached, travel.key);
    if (travel.isConverted || travel.isOver) return;
    if (made)
      travel.converted(
        made.map((key) => ({ key, rows: 0 })),
        0,
      );
    else {
      const text =
        made === null ? 'Convert was not told of it. Reconcile finds it.' : 'The raw object is gone.';
      travel.end = { text, isDead: false };
    }
    this.#tell(travel.tale);
  }

  /** Whether days have the rows that they are waited for with. */
  async #look(prefixes: readonly string[]): Promise<void> {
    for (const prefix of new Set(prefixes)) {
      const waiting = this.#waitingFor(prefix);
      const day = waiting[0]?.days.get(prefix);
      if (!day) continue;
      // Not made of the newest parts yet: compact comes again.
      const made = await compactedOf(this.#options.reached, day).catch(() => null);
      if (made === null) continue;
      for (const travel of waiting) travel.days.delete(prefix);
      for (const tale of new Set(waiting.map(({ tale }) => tale))) this.#tell(tale);
    }
  }

  #waitingFor(prefix: string): Travel[] {
    return [...this.#travels.values()].filter(({ days, end }) => !end && days.has(prefix));
  }

  #talesOf(prefix: string): Set<Tale> {
    return new Set(this.#waitingFor(prefix).flatMap(({ tale }) => tale ?? []));
  }

  /** The object without a day that convert files under this key. */
  #originOf(key: string): Travel | undefined {
    const { day } = parsedKey(key) ?? {};
    if (day === undefined || !/\.[0-9a-f]{12}\.json$/.test(key)) return undefined;
    return [...this.#travels.values()].find((travel) => isFiledAs(travel.key, day, key));
  }

  #drop(travel: Travel, bytes: number): void {
    const drops = [...this.#drops];
    const crowded = drops.length >= dropsAtOnce ? drops.at(-1) : undefined;
    const tale = crowded ?? new Tale(this.#options.begin(travel.key, bytes), this.#options.now);
    tale.add(travel);
    this.#drops.add(tale);
    this.#tell(tale);
  }

  #tell(tale: Tale | undefined): void {
    if (!tale) return;
    this.#open.add(tale);
    tale.tell();
    if (tale.isOver) this.#close(tale);
  }

  #close(tale: Tale): void {
    this.#open.delete(tale);
    this.#drops.delete(tale);
    const closed = new Set(tale.travels);
    // One that convert filed has both its keys.
    for (const [key, travel] of this.#travels) if (closed.has(travel)) this.#travels.delete(key);
  }
}

function isFiledAs(from: string, day: Day, key: string): boolean {
  const parsed = parsedKey(from);
  return parsed !== undefined && parsed.day === undefined && filedKey(parsed, day) === key;
}

/** Of the day that a curated key is in. */
function prefixOf(key: string): string {
  const day = parsedDay(key);
  return day ? dayPrefix(day) : '';
}
