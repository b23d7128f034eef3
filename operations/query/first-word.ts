/** What DuckDB takes for a space, too, and what may stand before a statement. */
const skipped = /[\s\u200B-\u200D;(]*/y;
const lineComment = /--[^\r\n]*/y;
const word = /[a-z]+/iy;

/**
 * The word that a statement begins with, in upper case, behind spaces and comments; the character, where no word is.
 * Undefined when nothing is there. Takes one step per comment, however many there are.
 */
export function firstWord(sql: string): string | undefined {
  let at = 0;
  for (let next = 0; ; at = next) {
    next = endOf(skipped, sql, at);
    next = endOf(lineComment, sql, next);
    if (sql.startsWith('/*', next)) next = endOfComment(sql, next);
    if (next === at) break;
  }
  return (sql.slice(at, endOf(word, sql, at)) || sql.slice(at, at + 1)).toUpperCase() || undefined;
}

/** Where it ends that begins here; here when nothing does. */
function endOf(expression: RegExp, sql: string, at: number): number {
  expression.lastIndex = at;
  return at + (expression.exec(sql)?.[0].length ?? 0);
}

/** Comments may stand in comments. One that does not end takes all that follows. */
function endOfComment(sql: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  for (let depth = 0, mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}
