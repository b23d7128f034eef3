import type { Target } from '../../../operations/deployed.ts';
import type { LocalRun } from '../../../operations/local-run/local-run.ts';
import type { TableSample } from '../../../operations/local-run/table-samples.ts';
import { printable } from '../../../operations/printable.ts';
import type { ParquetRow } from '../../../operations/query/parquet-rows.ts';
import { alarmText, next, nextDev } from '../../target-options.ts';
import { print, printTable } from '../../terminal/output.ts';

/** What a person wants to see first, in any table; the rest is in the file. */
const shownColumns = [
  'location_name',
  'location_country',
  'observed_at',
  'forecast_for',
  'local_date',
  'temp_c',
  'mintemp_c',
  'maxtemp_c',
  'condition_text',
  'humidity',
  'wind_kph',
  'precip_mm',
  'totalprecip_mm',
  'headline',
  'severity',
  'expires',
  'rescued',
];
/** Lines of a list, and rows of all tables together. */
export const shownRows = 20;
/** Of each list of `--json`: a file of any size may have been dropped. */
export const jsonItems = 1000;

export function showRun(run: LocalRun, state: string): void {
  const { files, tables, skipped, alarms, problems: said } = run;
  const target: Target = { local: true, stage: '', state };
  const list = (title: string, paths: readonly string[]) => {
    for (const path of paths.slice(0, shownRows)) print(`${title.padEnd(8)} ${printable(path)}`);
    if (paths.length > shownRows) print(`${title.padEnd(8)} … and ${paths.length - shownRows} more`);
  };
  print();
  list('Raw', files.raw);
  list('Curated', files.curated);
  list('Table', files.compacted);
  list('Logs', [`${state}/logs`]);
  const passing = skipped.filter(({ location: place, reason }) => !said.includes(`${place}: ${reason}`));
  if (passing.length > 0) print();
  for (const { dataset, location: place, reason } of passing)
    print({ style: 'yellow', text: 'Skipped' }, printable(`${dataset}, ${place}: ${reason}`));
  const rang = alarms.filter(({ state }) => state === 'ALARM');
  print(`\nAlarms   ${rang.length} of ${alarms.length} would ring`);
  for (const { name, description } of rang)
    print({ style: 'red', text: 'ALARM' }, `   ${name}: ${alarmText(description, target)}`);
  const shown = Math.ceil(shownRows / tables.length);
  for (const { rows, ...table } of tables) showTable({ ...table, rows: rows.slice(0, shown) });
  const filled = tables.filter(({ rowCount }) => rowCount > 0);
  print('\nNext:');
  for (const { table } of filled.slice(0, 1)) print(`  ${next('query', target)} "SELECT * FROM ${table}"`);
  print(`  ${next('status', target)}`);
  print(`  ${nextDev(target.state)}   # keeps the pipeline up, and shows it on a page`);
}

function showTable({ table, rows, rowCount }: TableSample): void {
  const heading = { style: 'bold', text: table } as const;
  const [first] = rows;
  if (!first) {
    print();
    print(heading, 'has no rows');
    return;
  }
  const columns = shownColumns.filter((column) =>
    rows.some((row) => row[column] !== null && row[column] !== undefined),
  );
  const cells = (row: ParquetRow) => columns.map((column) => String(row[column] ?? ''));
  print();
  print(heading);
  const left = printTable(columns, rows.map(cells));
  const hidden = Object.keys(first).length - columns.length + left.length;
  const more = rowCount > rows.length ? `${(rowCount - rows.length).toLocaleString('en')} more rows, ` : '';
  print(`${more}${hidden} more columns`);
}

/** The form of `--json`, which says what it leaves out: rows by table. */
export function jsonOf({ raw, curated, compacted, tables, deadLetters, skipped, problems: said }: LocalRun) {
  const lists = { raw, curated, compacted, deadLetters, skipped, problems: said };
  const first = Object.entries(lists).map(([name, list]) => [name, list.slice(0, jsonItems)] as const);
  const byTable = <T>(of: (table: TableSample) => T) =>
    Object.fromEntries(tables.map((table) => [table.table, of(table)]));
  const leftOut = Object.entries(lists).map(
    ([name, list]) => [name, Math.max(0, list.length - jsonItems)] as const,
  );
  const rowsLeftOut = tables.reduce((sum, { rows, rowCount }) => sum + rowCount - rows.length, 0);
  return {
    ...Object.fromEntries(first),
    rows: byTable(({ rows }) => rows),
    rowCounts: byTable(({ rowCount }) => rowCount),
    leftOut: Object.fromEntries(
      [...leftOut, ['rows', rowsLeftOut] as const].filter(([, number]) => number > 0),
    ),
  };
}
