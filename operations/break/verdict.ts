import { type Fate, problemsAfterFaults, problemsAfterRedrive, type Settled } from './oracle.ts';

export interface Verdict {
  readonly objects: number;
  readonly inTables: number;
  readonly dead: number;
  /** Empty when nothing is lost and nothing is there twice. */
  readonly problems: readonly string[];
}

/** What is there when nothing moves any more. */
export interface Found {
  /** After the faults, and after what they have lost was looked for. */
  readonly afterFaults: Settled;
  /** After the dead letters were sent again, without faults. */
  readonly afterRedrive: Settled;
  /** Rows in the table by the raw object that they came from. */
  readonly rows: ReadonlyMap<string, number>;
  /** Reasons of the dead letters that compact wrote last. */
  readonly deadDays: readonly string[];
}

/** Whether each raw object is in the table, whole and once, or dead for a good reason. */
export function verdictOf(fates: readonly Fate[], found: Found): Verdict {
  const { afterRedrive, rows } = found;
  const isIn = (fate: Fate) => expectedRows(fate) > 0 && rowsOf(fate, rows) === expectedRows(fate);
  const isDead = ({ keys }: Fate) => afterRedrive.letters.some(({ key = '' }) => keys.includes(key));
  const known = new Set(fates.flatMap(({ keys }) => keys));
  return {
    objects: fates.length,
    inTables: fates.filter(isIn).length,
    dead: fates.filter(isDead).length,
    problems: [
      ...problemsAfterFaults(fates, found.afterFaults),
      ...problemsAfterRedrive(fates, afterRedrive),
      ...fates
        .filter((fate) => rowsOf(fate, rows) !== expectedRows(fate))
        .map(
          (fate) => `${fate.key}: ${rowsOf(fate, rows)} rows in the table, expected ${expectedRows(fate)}`,
        ),
      ...[...rows.keys()]
        .filter((key) => !known.has(key))
        .map((key) => `${key}: rows in the table of no raw object`),
      ...found.deadDays.map((reason) => `a day is dead after its letter was sent again: ${reason}`),
    ],
  };
}

function expectedRows({ faultless }: Fate): number {
  const newest = faultless.at(-1);
  return newest && 'rows' in newest ? newest.rows : 0;
}

function rowsOf({ keys }: Fate, rows: ReadonlyMap<string, number>): number {
  return keys.reduce((sum, key) => sum + (rows.get(key) ?? 0), 0);
}
