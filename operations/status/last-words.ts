import type { Logs } from '../logs.ts';
import type { RunStatus } from './run-status.ts';
import type { DatasetStatus } from './status.ts';

/** Runs that convert's log is searched for: as many as a filter has room for. */
const askedRuns = 10;

/** Adds what convert last logged about each run that is not converted. */
export async function withLastWords(
  datasets: readonly DatasetStatus[],
  logs: Logs,
  since: Date,
): Promise<readonly DatasetStatus[]> {
  const keys = datasets
    .flatMap(({ runs }) => runs)
    .flatMap(({ state, raw }) => (state === 'landed' && raw ? [raw.key] : []))
    .slice(-askedRuns);
  if (keys.length === 0) return datasets;
  // For a day, the folder.
  const any = keys.map((text) => ({ member: 'rawKey', text, isPrefix: text.endsWith('/') }));
  const words = new Map<string, string>();
  for await (const { members } of logs.lines({ functions: ['convert'], since, any })) {
    const { rawKey, code, reason, error } = members as {
      readonly [name: string]: string | undefined;
    } & { readonly error?: { readonly name: string; readonly message: string } };
    const key = keys.find((each) => String(rawKey).startsWith(each));
    if (key === undefined) continue;
    if (code !== undefined) words.set(key, `${code}: ${reason}`);
    else if (error) words.set(key, `is tried again after ${error.name}: ${error.message}`);
  }
  const explained = (run: RunStatus): RunStatus =>
    run.state === 'landed' ? { ...run, reason: words.get(run.raw?.key ?? '') ?? run.reason } : run;
  return datasets.map(({ runs, ...status }) => ({ ...status, runs: runs.map(explained) }));
}
