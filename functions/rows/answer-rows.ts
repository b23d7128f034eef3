import { columnsOf, type Dataset } from '../../shared/dataset.ts';
import { AnswerFill, isDeclared, Mismatch } from './answer-fill.ts';
import { fieldTree, type Level } from './field-tree.ts';
import type { JsonObject } from './json.ts';
import { refusal } from './refusal.ts';
import { isPresent, type RequiredPart, requiredParts } from './required-part.ts';
import { RowGroup } from './row-group.ts';

interface Provenance {
  readonly rawKey: string;
  readonly fetchedAt: Date | null;
}

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
  readonly #handedOn: number[];
  /** By table, where the answer's rows begin in the group. */
  readonly #starts: number[];
  #answerCount = 0;
  #rescuedFields = 0;
  /** Of the rows since `begin`, which count when their answer is added. */
  #rescuedInRows = 0;

  /** @param onGroup is called with each full row group and, by `end`, the last ones. The group is emptied afterwards. */
  constructor(dataset: Dataset, provenance: Provenance, onGroup: (group: RowGroup, table: number) => void) {
    this.dataset = dataset;
    this.groups = dataset.tables.map((table) => new RowGroup(columnsOf(table)));
    this.level = fieldTree(dataset);
    this.#provenance = provenance;
    this.#onGroup = onGroup;
    this.#required = requiredParts(dataset);
    this.#handedOn = dataset.tables.map(() => 0);
    this.#starts = [...this.#handedOn];
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
    this.#rescuedInRows = 0;
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
    try {
      const isData =
        isDeclared(this.level.tree, answer) && this.#required.every((part) => isPresent(part, answer));
      if (!isData || this.#fill(answer, read) === undefined) throw new Mismatch();
      return true;
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      this.undo();
      return false;
    }
  }

  /** Counts values of a row that was read since `begin`, and that found no column. */
  countRescued(values: number): void {
    this.#rescuedInRows += values;
  }

  get rescuedInRows(): number {
    return this.#rescuedInRows;
  }

  /** Adds an answer that consists of the row which was read since `begin`. @returns false as `addAround` */
  addRow(): boolean {
    const group = this.groups[0] as RowGroup;
    const { capacity, rowCount, present } = group;
    let isComplete = true;
    for (const { columns } of this.#required) {
      let at = 0;
      while (at < columns.length && present[(columns[at] as number) * capacity + rowCount] === 0) at++;
      if (at === columns.length) isComplete = false;
    }
    if (isComplete) {
      group.rowCount += 1;
      this.#countAnswer(0);
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
    this.#countAnswer(0);
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
    group.setAll(group.numberOf('raw_key'), 'string', rawKey, 0, rowCount);
    if (fetchedAt) group.setAll(group.numberOf('fetched_at'), 'timestamp', fetchedAt, 0, rowCount);
    this.#handedOn[table] = (this.#handedOn[table] as number) + rowCount;
    this.#onGroup(group, table);
    group.clear();
  }

  /** @returns how many values found no column; undefined when no table has a row */
  #fill(answer: JsonObject, read?: ReadonlyMap<number, number[]>): number | undefined {
    const rescued = new AnswerFill(this.groups, this.#starts, read).fill(this.level, answer);
    if (rescued !== undefined) this.#countAnswer(rescued);
    return rescued;
  }

  #countAnswer(rescued: number): void {
    this.#answerCount += 1;
    this.#rescuedFields += rescued + this.#rescuedInRows;
  }
}
