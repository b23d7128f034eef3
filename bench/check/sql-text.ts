/** A text in SQL, in its quotes. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
