import Table from 'cli-table3';

/** A table, for the screen and for a file alike. */
export interface Grid {
  readonly title: string;
  readonly head: readonly string[];
  readonly align: readonly ('left' | 'right')[];
  readonly rows: readonly (readonly string[])[];
}

export function onScreen({ title, head, align, rows }: Grid): string {
  const table = new Table({
    head: [...head],
    colAligns: [...align],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  return `\n${title}\n${table.toString()}`;
}

export function asMarkdown({ title, head, align, rows }: Grid): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = align.map((side) => (side === 'right' ? '---:' : '---'));
  return [`## ${title}`, '', line(head), line(rule), ...rows.map(line)].join('\n');
}
