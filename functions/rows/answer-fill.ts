import { randomUUID } from 'node:crypto';
import { cellReaders } from './cell.ts';
import type { ColumnPlace, FieldTree, Level } from './field-tree.ts';
import { isObject, type JsonObject } from './json.ts';
import { memberPath, rescue } from './rescue.ts';
import type { RowGroup } from './row-group.ts';

/** What is found in an object, its own objects included, while its row is filled. */
interface Found {
  /** Members of `rescued`. */
  readonly rescued: string[];
  /** What has to be in the rows of other tables below it. */
  readonly shared: {
    readonly columns: readonly ColumnPlace[];
    readonly value: unknown;
    /** Of the object that it is in. */
    readonly path: string;
    readonly name: string;
    readonly isKept: boolean;
  }[];
  readonly arrays: { readonly level: Level; readonly elements: readonly unknown[]; readonly path: string }[];
}

/** Thrown when an answer does not match the rows that were read from it before. */
export class Mismatch extends Error {}

/**
 * The one element of an array whose rows were read before. No answer has it, since nobody can guess it. Nothing in it looks
 * like a number to `parseExactly`, or chance would decide how long it takes.
 */
export const readBefore = randomUUID().replaceAll(/[-e]/g, 'g');

/** Puts the values of one answer into the rows of every table. */
export class AnswerFill {
  readonly #groups: readonly RowGroup[];
  /** By table, where the answer's rows begin in the group, and where those end that are in place. */
  readonly #starts: readonly number[];
  readonly #ends: number[];
  /** By table, where each array's rows end that were read into the group before. */
  readonly #read: ReadonlyMap<number, number[]>;
  #rescuedFields = 0;

  constructor(
    groups: readonly RowGroup[],
    starts: readonly number[],
    read: ReadonlyMap<number, number[]> = new Map(),
  ) {
    this.#groups = groups;
    this.#starts = starts;
    this.#ends = [...starts];
    this.#read = read;
  }

  /**
   * @returns how many values found no column; undefined when no table has a row
   * @throws {Mismatch} when the rows that were read before are not those of the answer's arrays
   */
  fill(level: Level, answer: JsonObject): number | undefined {
    const left = this.#fillElement(level, answer, '');
    if ([...this.#read.values()].some((ends) => ends.length > 0)) throw new Mismatch();
    const first = this.#ends.findIndex((end, table) => end > (this.#starts[table] as number));
    if (first < 0) return undefined;
    if (left.length > 0) {
      const row = this.#starts[first] as number;
      const group = this.#groups[first] as RowGroup;
      const column = group.numberOf('rescued');
      // Its own members come first.
      const own = group.textAt(column, row)?.slice(1, -1);
      group.setAll(column, 'string', jsonOf(own === undefined ? left : [own, ...left]), row, row + 1);
    }
    return this.#rescuedFields + left.length;
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
    for (const { columns, value, path: above, name, ...rest } of found.shared) {
      let { isKept } = rest;
      for (const { table, column, type } of columns) {
        const [start, end] = [starts[table] as number, this.#ends[table] as number];
        const cell = start < end ? cellReaders[type](value) : undefined;
        if (cell === undefined) continue;
        this.#groups[table]?.setAll(column, type, cell, start, end);
        isKept = true;
      }
      if (!isKept) rescued.push(rescue(memberPath(above, name), value));
    }
    if (level.table === undefined) return rescued;
    this.#commitRow(level.table, rescued);
    return [];
  }

  #fillObject(level: Level, tree: FieldTree, object: JsonObject, path: string, found: Found): void {
    for (const [name, value] of Object.entries(object)) {
      const node = tree.get(name);
      if (node && (value === null || node.kind === 'ignored')) continue;
      if (node?.kind === 'value') {
        this.#fillValue(level, node.columns, value, path, name, found);
        continue;
      }
      const here = memberPath(path, name);
      if (!node) found.rescued.push(rescue(here, value));
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
    name: string,
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
      this.#groups[table]?.set(column, type, cell);
      isKept = true;
    }
    if (isShared) shared.push({ columns, value, path, name, isKept });
    else if (!isKept) rescued.push(rescue(memberPath(path, name), value));
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
    const group = this.#groups[table] as RowGroup;
    if (rescued.length > 0) group.set(group.numberOf('rescued'), 'string', jsonOf(rescued));
    this.#rescuedFields += rescued.length;
    group.rowCount += 1;
    group.reserve();
    this.#ends[table] = group.rowCount;
  }
}

/** An object without any declared member is not a row. */
export function isDeclared(tree: FieldTree, object: JsonObject): boolean {
  return Object.keys(object).some((name) => tree.has(name));
}

function jsonOf(members: readonly string[]): string {
  return `{${members.join(',')}}`;
}
