import { randomUUID } from 'node:crypto';
import { columnsOf, type Dataset } from '../../shared/dataset.ts';
import { cellReaders } from './cell.ts';
import { type ColumnPlace, type FieldTree, fieldTree, type Level } from './field-tree.ts';
import { isObject, type JsonObject } from './json.ts';
import { refusal } from './refusal.ts';
import { isPresent, type RequiredPart, requiredParts } from './required-part.ts';
import { memberPath, rescue } from './rescue.ts';
import { RowGroup } from './row-group.ts';

interface Provenance {
  readonly rawKey: string;
  readonly fetchedAt: Date | null;
}

/** What is found in an object, its own objects included, while its row is filled. */
interface Found {
  /** Members of `rescued`. */
  readonly rescued: string[];
  /** What has to be in the rows of other tables below it. */
  readonly shared: {
    readonly columns: readonly ColumnPlace[];
    readonly value: unknown;
    readonly path: string;
    readonly isKept: boolean;
  }[];
  readonly arrays: { readonly level: Level; readonly elements: readonly unknown[]; readonly path: string }[];
}

/** Thrown when an answer does not match the rows that were read from it before. */
class Mismatch extends Error {}

/**
 * The one element of an array whose rows were read before. No answer has it, since nobody can guess it. Nothing in it looks
 * like a number to `parseExactly`, or chance would decide how `rescued` spells the numbers beside it.
 */
export const readBefore = randomUUID().replaceAll(/[-e]/g, 'g');

/**
 * The rows of one raw object in every table of its dataset, a row group at a time. Values go to their declared columns, those
 * of an ancestor to all the rows below it. What no column can hold goes to `rescued` once, with its path: in the row that it
 * stands in, else in the answer's first row of the first table that has one. Answers that are not data are refused.
 */
export class AnswerRows {
  readonly dataset: Dataset;
  /** By table. */
  readonly groups: readonly RowGroup[];
  readonly level: Level;
  readonly #provenance: Provenance;
  readonly #onGroup: (group: RowGroup, table: number) => void;
  readonly #required: readonly RequiredPart[];
  readonly #columnNumbers: readonly ReadonlyMap<string, number>[];
  readonly #handedOn: number[];
  /** By table, where the answer's rows begin in the group, and where those end that are in place. */
  readonly #starts: number[];
  readonly #ends: number[];
  /** By table, what the answer's first row has in `rescued`. */
  #rescuedFirst: (readonly string[])[] = [];
  /** By table, where each array's rows end that were read into the group before the answer is filled in. */
  #read: ReadonlyMap<number, number[]> = new Map();
  #answerCount = 0;
  #rescuedFields = 0;
  #rescuedNow = 0;

  /** @param onGroup is called with each full row group and, by `end`, the last ones. The group is emptied afterwards. */
  constructor(dataset: Dataset, provenance: Provenance, onGroup: (group: RowGroup, table: number) => void) {
    this.dataset = dataset;
    this.groups = dataset.tables.map((table) => new RowGroup(columnsOf(table)));
    this.level = fieldTree(dataset);
    this.#provenance = provenance;
    this.#onGroup = onGroup;
    this.#required = requiredParts(dataset);
    this.#columnNumbers = this.groups.map(
      ({ columns }) => new Map(columns.map(({ column }, number) => [column, number])),
    );
    this.#handedOn = dataset.tables.map(() => 0);
    this.#starts = [...this.#handedOn];
    this.#ends = [...this.#handedOn];
  }

  /** By table. */
  get rowCounts(): readonly number[] {
    return this.groups.map(({ rowCount }, table) => rowCount + (this.#handedOn[table] as number));
  }

  get answerCount(): number {
    return this.#answerCount;
  }

  /** Values that found no column. More than zero means that the provider changed something. */
  get rescuedFields(): number {
    return this.#rescuedFields;
  }

  /** Where the rows of the answer that was added last begin in a table's group. They are its last ones. */
  startOfAnswer(table: number): number {
    return this.#starts[table] as number;
  }

  /** Comes before each answer: hands on full groups, and makes room for a row in each. */
  begin(): void {
    for (let table = 0; table < this.groups.length; table++) {
      const group = this.groups[table] as RowGroup;
      if (group.full) this.#handOn(table);
      group.reserve();
      this.#starts[table] = group.rowCount;
    }
  }

  /**
   * Adds an answer that was parsed.
   * @returns how many of its values found no column
   * @throws {PermanentError} `error-body`, `foreign-record` or `incomplete`
   */
  add(answer: JsonObject): number {
    const number = this.#answerCount + 1;
    if (!isDeclared(this.level.tree, answer)) throw refusal(answer, number, undefined);
    const absent = this.#required.find((part) => !isPresent(part, answer));
    if (absent)
      throw refusal(answer, number, `${absent.node.kind} "${absent.path}" with a value of a declared field`);
    this.begin();
    const rescued = this.#fill(answer);
    if (rescued === undefined) throw refusal(answer, number, 'row for any table');
    return rescued;
  }

  /**
   * Adds an answer, without the rows that were read from it since `begin`: their arrays hold `readBefore` alone.
   * @param read by table, for each array in the answer's order, where its rows end in the group
   * @returns false when the rows do not belong to these arrays, or the answer may be refused; nothing of it is added then
   */
  addAround(answer: JsonObject, read: ReadonlyMap<number, number[]>): boolean {
    this.#read = read;
    try {
      const isData =
        isDeclared(this.level.tree, answer) && this.#required.every((part) => isPresent(part, answer));
      if (!isData || this.#fill(answer) === undefined) throw new Mismatch();
      return true;
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      this.undo();
      return false;
    } finally {
      this.#read = new Map();
    }
  }

  /** Adds an answer that consists of the row which was read since `begin`. @returns false as `addAround` */
  addRow(): boolean {
    const group = this.groups[0] as RowGroup;
    const { capacity, rowCount, present } = group;
    const isComplete = this.#required.every(({ columns }) =>
      columns.some((column) => present[column * capacity + rowCount] === 1),
    );
    if (isComplete) {
      group.rowCount += 1;
      this.#answerCount += 1;
    } else this.undo();
    return isComplete;
  }

  /** Adds an answer that consists of the rows since `begin`, and of more, up to these ends. @param ends by table */
  addRows(ends: readonly number[]): void {
    for (const [table, group] of this.groups.entries()) {
      while (group.rowCount < (ends[table] as number)) {
        group.rowCount += 1;
        group.reserve();
      }
    }
    this.#answerCount += 1;
  }

  /** Removes all rows since `begin`. */
  undo(): void {
    for (const [table, group] of this.groups.entries()) group.truncate(this.startOfAnswer(table));
  }

  end(): void {
    for (const [table, { rowCount }] of this.groups.entries()) if (rowCount > 0) this.#handOn(table);
  }

  #handOn(table: number): void {
    const group = this.groups[table] as RowGroup;
    const { rowCount } = group;
    const { rawKey, fetchedAt } = this.#provenance;
    group.setAll(this.#numberOf(table, 'raw_key'), 'string', rawKey, 0, rowCount);
    if (fetchedAt) group.setAll(this.#numberOf(table, 'fetched_at'), 'timestamp', fetchedAt, 0, rowCount);
    this.#handedOn[table] = (this.#handedOn[table] as number) + rowCount;
    this.#onGroup(group, table);
    group.clear();
  }

  /** @returns how many values found no column; undefined when no table has a row */
  #fill(answer: JsonObject): number | undefined {
    for (const [table, start] of this.#starts.entries()) this.#ends[table] = start;
    this.#rescuedFirst = [];
    this.#rescuedNow = 0;
    const left = this.#fillElement(this.level, answer, '');
    if ([...this.#read.values()].some((ends) => ends.length > 0)) throw new Mismatch();
    const first = this.#ends.findIndex((end, table) => end > this.startOfAnswer(table));
    if (first < 0) return undefined;
    if (left.length > 0) {
      const row = this.startOfAnswer(first);
      const members = [...(this.#rescuedFirst[first] ?? []), ...left];
      this.groups[first]?.setAll(this.#numberOf(first, 'rescued'), 'string', jsonOf(members), row, row + 1);
    }
    this.#answerCount += 1;
    this.#rescuedNow += left.length;
    this.#rescuedFields += this.#rescuedNow;
    return this.#rescuedNow;
  }

  /**
   * Fills the row of an answer or an element, and the rows below it.
   * @returns the members of `rescued` that have to be in a row above, as there is none here
   */
  #fillElement(level: Level, object: JsonObject, path: string): readonly string[] {
    const starts = [...this.#ends];
    const found: Found = { rescued: [], shared: [], arrays: [] };
    this.#fillObject(level, level.tree, object, path, found);
    const { rescued } = found;
    for (const { level: below, elements, path: at } of found.arrays)
      this.#fillArray(below, elements, at, rescued);
    for (const { columns, value, path: at, ...rest } of found.shared) {
      let { isKept } = rest;
      for (const { table, column, type } of columns) {
        const [start, end] = [starts[table] as number, this.#ends[table] as number];
        const cell = start < end ? cellReaders[type](value) : undefined;
        if (cell === undefined) continue;
        this.groups[table]?.setAll(column, type, cell, start, end);
        isKept = true;
      }
      if (!isKept) rescued.push(rescue(at, value));
    }
    if (level.table === undefined) return rescued;
    this.#commitRow(level.table, rescued);
    return [];
  }

  #fillObject(level: Level, tree: FieldTree, object: JsonObject, path: string, found: Found): void {
    for (const [name, value] of Object.entries(object)) {
      const node = tree.get(name);
      const here = memberPath(path, name);
      if (!node) found.rescued.push(rescue(here, value));
      else if (value === null || node.kind === 'ignored') continue;
      else if (node.kind === 'value') this.#fillValue(level, node.columns, value, here, found);
      else if (node.kind === 'object' && isObject(value))
        this.#fillObject(level, node.tree, value, here, found);
      else if (node.kind === 'array' && Array.isArray(value))
        found.arrays.push({ level: node.level, elements: value, path: here });
      else found.rescued.push(rescue(here, value));
    }
  }

  #fillValue(
    level: Level,
    columns: readonly ColumnPlace[],
    value: unknown,
    path: string,
    { rescued, shared }: Found,
  ): void {
    let isKept = false;
    let isShared = false;
    for (const { table, column, type } of columns) {
      if (table !== level.table) {
        isShared = true;
        continue;
      }
      const cell = cellReaders[type](value);
      if (cell === undefined) continue;
      this.groups[table]?.set(column, type, cell);
      isKept = true;
    }
    if (isShared) shared.push({ columns, value, path, isKept });
    else if (!isKept) rescued.push(rescue(path, value));
  }

  #fillArray(level: Level, elements: readonly unknown[], path: string, rescued: string[]): void {
    const ends = level.table === undefined ? undefined : this.#read.get(level.table);
    if (ends) {
      const end = ends.shift();
      if (end === undefined || elements.length !== 1 || elements[0] !== readBefore) throw new Mismatch();
      this.#ends[level.table as number] = end;
      return;
    }
    for (const [index, element] of elements.entries()) {
      const at = `${path}[${index}]`;
      // The columns of a row tell its place; any other place has to be in the path.
      const elementPath = level.table === undefined ? at : `${path}[]`;
      if (isObject(element) && isDeclared(level.tree, element))
        // One by one: there may be more of them than a call can have arguments.
        for (const member of this.#fillElement(level, element, elementPath)) rescued.push(member);
      else rescued.push(rescue(at, element));
    }
  }

  #commitRow(table: number, rescued: readonly string[]): void {
    const group = this.groups[table] as RowGroup;
    if (rescued.length > 0) group.set(this.#numberOf(table, 'rescued'), 'string', jsonOf(rescued));
    if (group.rowCount === this.startOfAnswer(table)) this.#rescuedFirst[table] = rescued;
    this.#rescuedNow += rescued.length;
    group.rowCount += 1;
    group.reserve();
    this.#ends[table] = group.rowCount;
  }

  #numberOf(table: number, column: string): number {
    const number = this.#columnNumbers[table]?.get(column);
    if (number === undefined) throw new Error(`There is no column "${column}".`);
    return number;
  }
}

/** An object without any declared member is not a row. */
function isDeclared(tree: FieldTree, object: JsonObject): boolean {
  return Object.keys(object).some((name) => tree.has(name));
}

function jsonOf(members: readonly string[]): string {
  return `{${members.join(',')}}`;
}
