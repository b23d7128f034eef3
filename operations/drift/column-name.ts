import { columnsOf, type Table } from '../../shared/dataset.ts';
import { reservedWords } from '../../shared/reserved-words.ts';

/** Names a column like its neighbours, with the prefix that they have. */
export function columnFor(table: Table, path: string, others: readonly string[]): string {
  const taken = new Set([...columnsOf(table).map(({ column }) => column), ...others, 'dt']);
  const isFree = (name: string) => /^[a-z]/.test(name) && !reservedWords.has(name) && !taken.has(name);
  const names = path.split('.');
  const own = names.map(columnWord);
  for (let depth = names.length - 1; depth > 0; depth--) {
    const prefix = prefixIn(table, names.slice(0, depth).join('.'));
    if (prefix === undefined) continue;
    const name = fitted(prefix + own.slice(depth).join('_'));
    if (isFree(name)) return name;
  }
  for (let depth = names.length - 1; depth >= 0; depth--) {
    const name = fitted(own.slice(depth).join('_'));
    if (isFree(name)) return name;
  }
  const last = fitted(`field_${own.at(-1)}`);
  for (let number = 1; ; number++) {
    const name = number === 1 ? last : `${last}_${number}`;
    if (isFree(name)) return name;
  }
}

/** `location_` beside `location.name`, an empty one beside `current.temp_c`; undefined when no neighbour has either. */
function prefixIn({ fields }: Table, parent: string): string | undefined {
  const parentWord = columnWord(parent.slice(parent.lastIndexOf('.') + 1));
  const prefixes = fields.flatMap(({ column, path }) => {
    const end = path.lastIndexOf('.');
    const own = columnWord(path.slice(end + 1));
    return path.slice(0, Math.max(end, 0)) === parent && column.endsWith(own)
      ? [column.slice(0, column.length - own.length)]
      : [];
  });
  return ['', `${parentWord}_`].find((prefix) => prefixes.includes(prefix));
}

function columnWord(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
}

/** Glue takes no more than 255 characters, and nobody reads so many. */
function fitted(name: string): string {
  return name.slice(0, 100).replaceAll(/_+$/g, '');
}
