import { columnsOf, type Dataset } from '../../shared/dataset.ts';
import { PermanentError } from '../../shared/errors.ts';
import { cellReaders } from './cell.ts';
import { type FieldTree, fieldTree } from './field-tree.ts';
import { isExactNumber, isObject, type JsonObject } from './json.ts';
import { RowGroup } from './row-group.ts';

interface Provenance {
  readonly rawKey: string;
  readonly fetchedAt: Date | null;
}

/** A part of a record that has to have a declared value that is not null. */
interface RequiredPart {
  readonly path: string;
  readonly tree: FieldTree;
  /** By number. */
  readonly columns: readonly number[];
}

/**
 * The rows of one raw object, a row group at a time. Values go to their declared columns; what no column can hold goes to
 * `rescued` with its path. Records without any declared field are refused.
 */
export class Table {
  readonly group: RowGroup;
  readonly #tree: FieldTree;
  readonly #provenance: Provenance;
  readonly #onGroup: (group: RowGroup) => void;
  readonly #columnNumbers: ReadonlyMap<string, number>;
  readonly #required: readonly RequiredPart[];
  #rowCount = 0;
  #rescuedFields = 0;

  /** @param onGroup is called with each full row group and, by `end`, the last one. The group is emptied afterwards. */
  constructor(dataset: Dataset, provenance: Provenance, onGroup: (group: RowGroup) => void) {
    this.#tree = fieldTree(dataset);
    this.#provenance = provenance;
    this.#onGroup = onGroup;
    this.group = new RowGroup(dataset);
    this.#columnNumbers = new Map(columnsOf(dataset).map(({ column }, number) => [column, number]));
    this.#required = dataset.required.map((path) => ({
      path,
      tree: branchAt(this.#tree, path),
      columns: [...dataset.fields.keys()].filter((column) =>
        dataset.fields[column]?.path.startsWith(`${path}.`),
      ),
    }));
  }

  get rowCount(): number {
    return this.#rowCount + this.group.rowCount;
  }

  /** Values that found no column. More than zero means that the provider changed something. */
  get rescuedFields(): number {
    return this.#rescuedFields;
  }

  /**
   * @returns how many values of the record found no column
   * @throws {PermanentError} `error-body`, `foreign-record` or `incomplete`
   */
  add(record: JsonObject): number {
    const rescued: string[] = [];
    const declared = this.#fill(this.#tree, record, '', rescued);
    const absent = this.#required.find(({ path, tree }) => !hasValue(tree, memberAt(record, path)));
    if (declared === 0 || absent) throw refusal(record, this.rowCount + 1, declared, absent?.path);
    if (rescued.length > 0) {
      this.group.set(this.#numberOf('rescued'), 'string', `{${rescued.join(',')}}`);
      this.#rescuedFields += rescued.length;
    }
    this.commitRow();
    return rescued.length;
  }

  /** Whether each required part of the row that is being filled has a value in a column. */
  get isComplete(): boolean {
    const { capacity, rowCount, present } = this.group;
    return this.#required.every(({ columns }) =>
      columns.some((column) => present[column * capacity + rowCount] === 1),
    );
  }

  commitRow(): void {
    this.group.rowCount += 1;
    if (this.group.full) this.#handOn();
    else this.group.reserve();
  }

  end(): void {
    if (this.group.rowCount > 0) this.#handOn();
  }

  #handOn(): void {
    const { group } = this;
    const { rawKey, fetchedAt } = this.#provenance;
    group.setAll(this.#numberOf('raw_key'), 'string', rawKey);
    if (fetchedAt) group.setAll(this.#numberOf('fetched_at'), 'timestamp', fetchedAt);
    this.#rowCount += group.rowCount;
    this.#onGroup(group);
    group.clear();
  }

  /** @returns how many members are declared */
  #fill(tree: FieldTree, object: JsonObject, path: string, rescued: string[]): number {
    let declared = 0;
    for (const [name, value] of Object.entries(object)) {
      const node = tree.get(name);
      const here = memberPath(path, name);
      if (!node) {
        rescued.push(rescue(here, value));
        continue;
      }
      declared += 1;
      if (value === null) continue;
      if ('branch' in node) {
        if (isObject(value)) this.#fill(node.branch, value, here, rescued);
        else rescued.push(rescue(here, value));
        continue;
      }
      const cell = cellReaders[node.type](value);
      if (cell === undefined) rescued.push(rescue(here, value));
      else this.group.set(node.column, node.type, cell);
    }
    return declared;
  }

  #numberOf(column: string): number {
    const number = this.#columnNumbers.get(column);
    if (number === undefined) throw new Error(`There is no column "${column}".`);
    return number;
  }
}

/**
 * One member of `rescued`, as text, because an object would lose a name such as `__proto__`. Strict parsers refuse half a
 * surrogate pair, so it becomes the text of its escape (`\\ud83d` in JSON). Backslashes before any such text are doubled,
 * so that different values stay different.
 */
function rescue(path: string, value: unknown): string {
  const member = `${JSON.stringify(path)}:${JSON.stringify(value)}`;
  return member.replace(/(?<!\\)\\+(?=ud[89a-f][\da-f]{2})/g, '$&$&');
}

/** `current.temp_c`. Names with a dot or a bracket are quoted, so that no two members share a path. */
function memberPath(path: string, name: string): string {
  if (/[.[\]"]/.test(name) || name === '') return `${path}[${JSON.stringify(name)}]`;
  return path ? `${path}.${name}` : name;
}

function branchAt(root: FieldTree, path: string): FieldTree {
  let tree = root;
  for (const name of path.split('.')) {
    const node = tree.get(name);
    if (!node || !('branch' in node)) throw new Error(`"${path}" is required, but has no declared fields.`);
    tree = node.branch;
  }
  return tree;
}

/** Whether a part has a declared value that is not null. One that no column can hold counts: it is rescued. */
function hasValue(tree: FieldTree, part: unknown): boolean {
  if (!isObject(part)) return false;
  return Object.entries(part).some(([name, value]) => {
    const node = tree.get(name);
    if (!node || value === null) return false;
    return 'branch' in node && isObject(value) ? hasValue(node.branch, value) : true;
  });
}

function memberAt(record: JsonObject, path: string): unknown {
  let value: unknown = record;
  for (const name of path.split('.')) value = isObject(value) ? value[name] : undefined;
  return value;
}

function refusal(
  record: JsonObject,
  number: number,
  declared: number,
  absent: string | undefined,
): PermanentError {
  const { error } = record;
  if (isObject(error) && 'code' in error) {
    const message = 'message' in error ? `: ${brief(error.message)}` : '';
    return new PermanentError(
      'error-body',
      `Record ${number} is an error answer (code ${brief(error.code)}${message}), not data.`,
    );
  }
  if (declared > 0) {
    return new PermanentError(
      'incomplete',
      `Record ${number} has no object "${absent}" with a value of a declared field, so it is not data.`,
    );
  }
  const names = brief(Object.keys(record).slice(0, 5).join(', '));
  return new PermanentError(
    'foreign-record',
    `Record ${number} has none of the dataset's fields (it has: ${names || 'no members'}). Is the file under the right prefix?`,
  );
}

/** The author of a file may have put anything there, of any size. */
function brief(value: unknown): string {
  if (isExactNumber(value)) return value.rawJSON.slice(0, 200);
  return typeof value === 'object' ? 'unreadable' : String(value).slice(0, 200);
}
