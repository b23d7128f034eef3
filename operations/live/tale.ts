import { tableName } from '../../shared/dataset.ts';
import { parsedKey } from '../../shared/keys.ts';
import { counted } from '../counted.ts';
import { sqlText } from '../query/sql-text.ts';
import type { ActivityStep, Entry } from './activities.ts';
import type { Travel } from './travel.ts';

/** Objects that a query names. */
const namedObjects = 20;
/** Milliseconds between two looks at many objects, and between two steps that only count them. */
const pause = 500;
const many = 50;

/** Tells an entry of the activity what becomes of some raw objects. */
export class Tale {
  readonly #entry: Entry;
  readonly #now: () => number;
  readonly #travels = new Set<Travel>();
  #told: 'nothing' | 'converted' | 'end' = 'nothing';
  #toldAt = 0;

  constructor(entry: Entry, now: () => number) {
    this.#entry = entry;
    this.#now = now;
  }

  get isOver(): boolean {
    return this.#told === 'end';
  }

  get travels(): Iterable<Travel> {
    return this.#travels;
  }

  add(travel: Travel): void {
    travel.tale = this;
    this.#travels.add(travel);
  }

  retried(what: string): void {
    this.#entry.step({ text: `${sentence(what)}.`, state: 'waiting' });
  }

  /** Tells what is new; of many objects only now and then, so call it again. */
  tell(): void {
    const now = this.#now();
    if (this.isOver || (this.#travels.size > many && now - this.#toldAt < pause)) return;
    this.#toldAt = now;
    const all = [...this.#travels];
    const converted = all.filter(({ isConverted }) => isConverted);
    const ended = all.filter(({ end }) => end);
    if (this.#told === 'nothing') {
      if (new Set([...converted, ...ended]).size < all.length) {
        this.#count(converted.length, all.length);
        return;
      }
      this.#told = 'converted';
      const what = describeConverted(converted);
      if (what) this.#entry.step({ text: what, state: 'done' });
      if (all.some(({ isOver }) => !isOver))
        this.#entry.step({ text: 'Waits for compact.', state: 'waiting' });
    }
    if (all.some(({ isOver }) => !isOver)) return;
    this.#told = 'end';
    this.#entry.step(this.#ending(all, ended));
  }

  #count(converted: number, all: number): void {
    if (all === 1) return;
    const text = `${converted.toLocaleString('en')} of ${all.toLocaleString('en')} objects converted.`;
    this.#entry.step({ text, state: 'waiting' });
  }

  #ending(all: readonly Travel[], ended: readonly Travel[]): Omit<ActivityStep, 'at'> {
    const worst = ended.find(({ end }) => end?.isDead) ?? ended[0];
    if (worst?.end) {
      const { text, letterId, isDead } = worst.end;
      const dead = ended.filter(({ end }) => end?.isDead).length;
      const summary = isDead
        ? `${dead} of ${all.length} objects died. ${text}`
        : `${ended.length} of ${all.length} objects did not arrive. ${text}`;
      return {
        text: all.length === 1 ? text : summary,
        state: 'bad',
        ...(letterId === undefined ? {} : { letterId }),
      };
    }
    const begun = Math.min(...all.map((travel) => travel.begun));
    const seconds = Math.max(0, this.#now() - begun) / 1000;
    const sql = queryOf(all);
    return {
      text: `Visible to queries after ${seconds.toFixed(1)} s.`,
      state: 'good',
      ...(sql === undefined ? {} : { sql }),
    };
  }
}

function describeConverted(converted: readonly Travel[]): string | undefined {
  if (converted.length === 0) return undefined;
  const rows = new Map<string, number>();
  let rescued = 0;
  for (const travel of converted) {
    rescued += travel.rescued;
    for (const { key, rows: more } of travel.tables ?? []) {
      const table = tableName({ name: key.replace(/\/dt=.*/s, '') });
      rows.set(table, (rows.get(table) ?? 0) + more);
    }
  }
  if (rows.size === 0) return undefined;
  const each = [...rows].map(([table, count]) => `${counted(count, 'row')} in ${table}`);
  const what = `${each.join(', ')}; ${rescued === 0 ? 'nothing' : counted(rescued, 'value')} rescued.`;
  return `Converted${converted.length === 1 ? '' : ` ${counted(converted.length, 'object')}`}: ${what}`;
}

/** Shows the rows of these objects, of the first twenty at most. */
function queryOf(travels: readonly Travel[]): string | undefined {
  const raw = travels.map(({ key }) => key).filter((key) => !key.endsWith('/'));
  const tableOf = (key: string) => parsedKey(key)?.dataset.tables[0];
  const table = tableOf(raw[0] ?? '');
  if (!table) return undefined;
  const keys = raw.filter((key) => tableOf(key) === table);
  const named = keys.slice(0, namedObjects).map(sqlText);
  const which = named.length === 1 ? `= ${named[0]}` : `IN (${named.join(', ')})`;
  return `SELECT * FROM ${tableName(table)} WHERE raw_key ${which} LIMIT 100`;
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, '');
}
