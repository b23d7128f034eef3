import { InvalidArgumentError } from 'commander';
import { keepsKeySecret } from '../shared/api-url.ts';
import type { Dataset } from '../shared/dataset.ts';
import { datasetNamed, datasetNames } from '../shared/datasets.ts';
import { isDay } from '../shared/keys.ts';

/** A time, UTC unless the text says otherwise; of today when it has no day. */
export function parseTime(text: string, now = new Date()): Date {
  const full = /^\d\d:\d\d$/.test(text) ? `${now.toISOString().slice(0, 10)}T${text}` : text;
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(full);
  const time = new Date(
    /^\d{4}-\d\d-\d\d$/.test(full) || zoned ? full : `${/T\d\d$/.test(full) ? `${full}:00` : full}Z`,
  );
  if (Number.isNaN(time.getTime()) || !isDay(full.slice(0, 10))) {
    throw new InvalidArgumentError(`Expected a time such as 2026-11-22T05:00Z or 05:00, got "${text}".`);
  }
  return time;
}

/** What is wrong with a time that was typed: only the stand-in makes weather up for any. */
export function timeProblems(at: Date | undefined, realApi: boolean, now: Date): string[] {
  const hourOf = (time: Date) => Math.floor(time.getTime() / 3_600_000);
  if (at === undefined || !realApi || hourOf(at) === hourOf(now)) return [];
  return [
    `--at ${at.toISOString()}: a real API knows the current weather for now only. Leave out --at, or WEATHERAPI_KEY and --api`,
  ];
}

/** A base URL: the endpoint and the query, with the key in it, are put behind it. */
export function parseBaseUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || /[\s?#@\\]/.test(text)) {
    throw new InvalidArgumentError(
      `Expected a URL such as http://127.0.0.1:8080/v1, without user, query and fragment, got "${text}".`,
    );
  }
  if (!keepsKeySecret(text)) {
    throw new InvalidArgumentError(
      `Expected https://, or http:// to this computer, got "${text}": the key travels in the URL.`,
    );
  }
  return text;
}

/** The number that says what goes wrong on purpose. */
export function parseSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError(`Expected a whole number, got "${text}".`);
  return Number(text);
}

/** For an option that may be given more than once. As in cdk.json, space around a place does not count. */
export function collectPlaces(text: string, earlier: readonly string[]): string[] {
  const place = text.trim();
  if (place === '') throw new InvalidArgumentError('Expected a place, got an empty text.');
  return [...new Set([...earlier, place])];
}

/** For an option that may be given more than once. */
export function collectNames(text: string, earlier: readonly string[] = []): string[] {
  return [...earlier, text];
}

/** The datasets that were named, `all` for the configured ones, or undefined; and everything that is wrong with the names. */
export function parseDatasets(
  names: readonly string[] | undefined,
  { isDrop }: { readonly isDrop: boolean },
): { readonly datasets: readonly Dataset[] | 'all' | undefined; readonly problems: readonly string[] } {
  const isAll = names?.includes('all') ?? false;
  const named = new Set(names);
  const unknown = [...named].filter((name) => name !== 'all' && !datasetNamed(name));
  const problems = unknown.map(
    (name) => `--dataset: expected one of ${datasetNames.join(', ')} or all, got "${name}"`,
  );
  if (isDrop && (isAll || named.size > 1))
    problems.push('--dataset: expected only one with --drop, the dataset of the files');
  if (isAll) return { datasets: 'all', problems };
  return { datasets: names && [...named].flatMap((name) => datasetNamed(name) ?? []), problems };
}
