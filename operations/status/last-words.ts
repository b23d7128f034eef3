import type { BuryingFunction } from '../../shared/dead-letters.ts';
import { tableDayOf } from '../../shared/keys.ts';
import { compactedDay } from '../compact-lines.ts';
import { isSo, type Logs, type MemberIs } from '../logs.ts';
import type { RunStatus } from './run-status.ts';
import type { DatasetStatus } from './status.ts';

/** Terms that a log is searched for: as many as a filter has room for. */
const askedTerms = 10;

/** By which lines a function tells of a run that it has not worked off. */
const linesAbout: Readonly<Record<BuryingFunction, (run: RunStatus) => readonly MemberIs[]>> = {
  convert: ({ state, raw }) =>
    // For a day, the folder.
    state === 'landed' && raw ? [{ member: 'rawKey', text: raw.key, isPrefix: raw.key.endsWith('/') }] : [],
  compact: ({ state, curated }) => {
    if (state !== 'converted' || !curated) return [];
    const { dataset, day } = tableDayOf(curated.key);
    return dataset.tables.map((table) => compactedDay({ table, day }));
  },
};

/** Adds what a function last logged about each run that waits for it. */
export async function withLastWords(
  datasets: readonly DatasetStatus[],
  logs: Logs,
  since: Date,
  name: BuryingFunction,
): Promise<readonly DatasetStatus[]> {
  const terms = datasets.flatMap(({ runs }) => runs).flatMap(linesAbout[name]);
  const any = [...new Map(terms.map((term) => [JSON.stringify(term), term])).values()].slice(-askedTerms);
  if (any.length === 0) return datasets;
  const words = new Map<string, string>();
  for await (const { members } of logs.lines({ functions: [name], since, any })) {
    const term = any.find((each) => isSo(each, members));
    if (!term || '_aws' in members) continue;
    const said = lastWords(members);
    if (said === undefined) words.delete(JSON.stringify(term));
    else words.set(JSON.stringify(term), said);
  }
  const explained = (run: RunStatus): RunStatus => {
    const [said] = linesAbout[name](run).flatMap((term) => words.get(JSON.stringify(term)) ?? []);
    return { ...run, reason: said ?? run.reason };
  };
  return datasets.map(({ runs, ...status }) => ({ ...status, runs: runs.map(explained) }));
}

/** Undefined when all went well. */
function lastWords({ code, reason, error }: Readonly<Record<string, unknown>>): string | undefined {
  if (code !== undefined) return `${code}: ${reason}`;
  if (!error) return undefined;
  const { name, message } = error as Error;
  return `is tried again after ${name}: ${message}`;
}
