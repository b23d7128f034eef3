import type { ColumnType } from '../../shared/column-type.ts';
import { type Dataset, type Table, tableName } from '../../shared/dataset.ts';
import { columnFor } from './column-name.ts';
import type { Kind } from './drift-query.ts';

/** What to do about values that were rescued. */
export type Advice =
  /** Paste the line into `fields` of the table. */
  | {
      readonly kind: 'declare';
      readonly table: string;
      readonly path: string;
      readonly column: string;
      readonly type: ColumnType;
      readonly line: string;
    }
  /** It is declared by now: deploy and replay. */
  | { readonly kind: 'replay'; readonly column: string }
  | { readonly kind: 'other'; readonly text: string };

/**
 * @param seen the kinds of the values at the path, which were rescued in rows of the table
 * @param earlier what was advised for other paths, so that no column is named twice
 */
export function adviceFor(
  dataset: Dataset,
  from: Table,
  path: string,
  seen: ReadonlySet<Kind>,
  earlier: readonly Advice[],
): Advice {
  const other = (text: string): Advice => ({ kind: 'other', text });
  for (const table of dataset.tables) {
    const field = table.fields.find((each) => each.path === path);
    if (!field) continue;
    const { column } = field;
    const others = [...seen].filter((kind) => !holds(field.type, kind));
    if (others.length === 0) return { kind: 'replay', column };
    const next =
      typeFor(seen) === undefined
        ? 'Read it from "rescued".'
        : "If WeatherAPI now always sends that, change the type, raise the dataset's version, deploy, and replay all of it.";
    return other(
      `${tableName(table)}.${column} is declared as ${field.type}, which does not hold ${listed(others)}. ${next}`,
    );
  }
  if (path.includes('"'))
    return other(
      'Its name has a dot, a bracket or a quotation mark, which a path cannot name. Read it from "rescued".',
    );
  const isOnly = (kind: Kind) => seen.size === 1 && seen.has(kind);
  if (path.endsWith('[]'))
    return other(
      'These elements are not rows, as they have no declared member. Declare their members in a table of such rows.',
    );
  if (leadsOn(dataset, path))
    return other(
      `Its members are declared, and ${listed(seen)} came in its place. There is nothing to declare.`,
    );
  if (isOnly('object')) return other(`It is an object. Declare its members, such as "${path}.NAME".`);
  if (isOnly('array'))
    return other(`It is an array. If its elements are objects, declare a table with rows: '${path}[]'.`);
  if (isOnly('boolean')) return other('No column type holds true and false. Read it from "rescued".');
  if (isOnly('null')) return other('Only null came so far. Declare it once a value has come.');
  if (seen.has('number')) return other(`No column type holds ${listed(['number'])}. Read it from "rescued".`);
  const type = typeFor(seen);
  if (type === undefined)
    return other(
      `Values of different kinds came, ${listed(seen)}, and no column type holds them all. Read it from "rescued".`,
    );
  const table = [from, ...dataset.tables].find((each) => isIn(each, path));
  if (!table)
    return other(
      `No table has its rows there. Declare one with rows: '${path.slice(0, path.lastIndexOf('[]') + 2)}'.`,
    );
  const own = { table: tableName(table), path };
  const taken = earlier.flatMap((each) =>
    each.kind === 'declare' && each.table === own.table && each.path !== path ? [each.column] : [],
  );
  const column = columnFor(table, path, taken);
  const line = `{ column: '${column}', path: ${literal(path)}, type: '${type}', meaning: 'Not described yet.' },`;
  return { kind: 'declare', ...own, column, type, line };
}

const numbers: readonly Kind[] = ['int', 'bigint', 'double'];

/** The type that holds all values; undefined when there is none. Any column holds null. */
function typeFor(seen: ReadonlySet<Kind>): ColumnType | undefined {
  const all = [...seen].filter((kind) => kind !== 'null');
  if (all.length === 0) return undefined;
  if (all.every((kind) => numbers.includes(kind)))
    return seen.has('double') ? 'double' : seen.has('bigint') ? 'bigint' : 'int';
  if (all.every((kind) => kind === 'date')) return 'date';
  return all.every((kind) => kind === 'date' || kind === 'string') ? 'string' : undefined;
}

function holds(declared: ColumnType, kind: Kind): boolean {
  if (kind === 'null') return true;
  if (declared === 'double') return numbers.includes(kind);
  if (declared === 'bigint') return kind === 'int' || kind === 'bigint';
  if (declared === 'string') return kind === 'date' || kind === 'string';
  return kind === (declared === 'timestamp' ? 'int' : declared);
}

/** "int, date and string" */
function listed(kinds: Iterable<Kind>): string {
  const words = [...kinds].map((kind) => (kind === 'number' ? "numbers out of a double's range" : kind));
  return words.join(', ').replace(/, (?=[^,]*$)/, ' and ');
}

/** Whether declared paths lead through this one, so that it cannot be a column. */
function leadsOn({ tables }: Dataset, path: string): boolean {
  const paths = tables.flatMap(({ rows, fields }) => [rows, ...fields.map((field) => field.path)]);
  return paths.some((each) => each.startsWith(`${path}.`) || each.startsWith(`${path}[`));
}

/** Whether a field of the table may have the path: it is in its rows, or above them. */
function isIn({ rows }: Table, path: string): boolean {
  const array = path.lastIndexOf('[]');
  return array < 0 || `${rows}.`.startsWith(`${path.slice(0, array)}[].`);
}

/** A text from outside as a literal of source code: nothing in it ends the literal or hides code. */
function literal(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replaceAll(/[\p{C}\p{Z}]/gu, (character) =>
      character === ' '
        ? character
        : Array.from(
            { length: character.length },
            (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
          ).join(''),
    );
  return `'${escaped}'`;
}
