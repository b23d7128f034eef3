import type { ColumnType } from '../../shared/column-type.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { columnsOf } from '../../shared/dataset.ts';
import { PermanentError } from '../../shared/errors.ts';
import { cellReaders } from './cell.ts';
import { isExactNumber, isObject, type JsonObject } from './json.ts';

/** What is known of a raw object beside its records: the same in every row. */
export interface Provenance {
  readonly rawKey: string;
  readonly fetchedAt: Date | null;
}

/** Where a declared path leads: to a column, or on into an object. */
type Node =
  | { readonly leaf: { readonly column: string; readonly type: ColumnType } }
  | { readonly branch: Branch };
type Branch = Map<string, Node>;

/**
 * The rows of one raw object, as columns. A record's values go to their declared columns; what no column can hold goes
 * to `rescued` with its path. Records that share no field with the dataset are refused: they are something else.
 */
export class Table {
  readonly #tree: Branch;
  readonly #provenance: Provenance;
  readonly #columns: ReadonlyMap<string, unknown[]>;
  #rowCount = 0;
  #rescuedFields = 0;

  constructor(dataset: Dataset, provenance: Provenance) {
    this.#tree = treeOf(dataset);
    this.#provenance = provenance;
    this.#columns = new Map(columnsOf(dataset).map(({ column }) => [column, []]));
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Values that found no column, over all rows. More than zero means that the provider changed something. */
  get rescuedFields(): number {
    return this.#rescuedFields;
  }

  /** Cells of one column, top to bottom; null where a record had no value. */
  column(name: string): readonly unknown[] {
    const cells = this.#columns.get(name);
    if (!cells) throw new Error(`There is no column "${name}".`);
    return cells;
  }

  /** @throws {PermanentError} `error-body` or `foreign-record` */
  add(record: JsonObject): void {
    for (const cells of this.#columns.values()) cells.push(null);
    const row = this.#rowCount++;
    const rescued: string[] = [];
    const declared = this.#fill(this.#tree, record, '', row, rescued);
    if (declared === 0) throw refusal(record, row + 1);

    this.#set('raw_key', row, this.#provenance.rawKey);
    this.#set('fetched_at', row, this.#provenance.fetchedAt);
    if (rescued.length > 0) {
      this.#set('rescued', row, `{${rescued.join(',')}}`);
      this.#rescuedFields += rescued.length;
    }
  }

  /** Puts an object's members where they belong; returns how many were declared. */
  #fill(branch: Branch, object: JsonObject, path: string, row: number, rescued: string[]): number {
    let declared = 0;
    for (const [name, value] of Object.entries(object)) {
      const node = branch.get(name);
      const here = memberPath(path, name);
      if (!node) {
        rescued.push(rescue(here, value));
        continue;
      }
      declared += 1;
      if (value === null) continue;
      if ('branch' in node) {
        if (isObject(value)) this.#fill(node.branch, value, here, row, rescued);
        else rescued.push(rescue(here, value));
        continue;
      }
      const cell = cellReaders[node.leaf.type](value);
      if (cell === undefined) rescued.push(rescue(here, value));
      else this.#set(node.leaf.column, row, cell);
    }
    return declared;
  }

  #set(column: string, row: number, cell: unknown): void {
    const cells = this.#columns.get(column);
    if (cells) cells[row] = cell;
  }
}

/** One member of the `rescued` object. Text rather than an object, on which a name such as `__proto__` would be lost. */
function rescue(path: string, value: unknown): string {
  try {
    return `${JSON.stringify(path)}:${JSON.stringify(value)}`;
  } catch (cause) {
    throw new PermanentError('too-deep', `The value of "${path}" is nested too deep to be kept.`, { cause });
  }
}

/** `current.temp_c`; a name that itself holds a dot or bracket is quoted, so that no two members share a path. */
function memberPath(path: string, name: string): string {
  if (/[.[\]"]/.test(name) || name === '') return `${path}[${JSON.stringify(name)}]`;
  return path ? `${path}.${name}` : name;
}

function refusal(record: JsonObject, number: number): PermanentError {
  const { error } = record;
  if (isObject(error) && 'code' in error) {
    const message = 'message' in error ? `: ${brief(error.message)}` : '';
    return new PermanentError(
      'error-body',
      `Record ${number} is an error answer (code ${brief(error.code)}${message}), not data.`,
    );
  }
  const names = brief(Object.keys(record).slice(0, 5).join(', '));
  return new PermanentError(
    'foreign-record',
    `Record ${number} has none of the dataset's fields (it has: ${names || 'no members'}). Is the file under the right prefix?`,
  );
}

/** For a message: whoever wrote the file may have put anything there, of any size. */
function brief(value: unknown): string {
  if (isExactNumber(value)) return value.rawJSON.slice(0, 200);
  return typeof value === 'object' ? 'unreadable' : String(value).slice(0, 200);
}

function treeOf(dataset: Dataset): Branch {
  const root: Branch = new Map();
  for (const { column, path, type } of dataset.fields) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let branch = root;
    for (const name of names) {
      const node = branch.get(name) ?? { branch: new Map() };
      if (!('branch' in node)) throw new Error(`${dataset.name}: "${path}" leads through a declared value.`);
      branch.set(name, node);
      branch = node.branch;
    }
    if (branch.has(last)) throw new Error(`${dataset.name}: "${path}" is declared twice.`);
    branch.set(last, { leaf: { column, type } });
  }
  return root;
}
