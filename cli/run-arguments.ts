import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { keepsKeySecret } from '../shared/api-url.ts';
import { isDay } from '../shared/keys.ts';

/** The full hour, UTC unless the text says otherwise, that a time lies in. */
export function parseHour(text: string): Date {
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(text);
  const hour = new Date(
    /^\d{4}-\d\d-\d\d$/.test(text) || zoned ? text : `${/T\d\d$/.test(text) ? `${text}:00` : text}Z`,
  );
  if (Number.isNaN(hour.getTime()) || !isDay(text.slice(0, 10))) {
    throw new InvalidArgumentError(`Expected a time such as 2026-11-22T05:00Z, got "${text}".`);
  }
  hour.setUTCMinutes(0, 0, 0);
  return hour;
}

/** What is wrong with an hour that was typed: only the stand-in makes weather up for any. */
export function hourProblems(at: Date | undefined, realApi: boolean, now: Date): string[] {
  if (at === undefined || !realApi || at.getTime() === parseHour(now.toISOString()).getTime()) return [];
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

/** For an option that may be given more than once. */
export function collectPlaces(text: string, earlier: readonly string[]): string[] {
  if (text.trim() === '') throw new InvalidArgumentError('Expected a place, got an empty text.');
  return [...earlier, text];
}

/** Everything that is wrong with the files to drop, before anything is started. */
export function fileProblems(files: readonly string[]): string[] {
  const names = files.map((file) => basename(file));
  return files.flatMap((file, index) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat) return [`${file}: there is no such file`];
    if (!stat.isFile()) return [`${file}: expected a file, got a folder; name its files`];
    if (names.indexOf(basename(file)) !== index)
      return [`${file}: a file of the same name is dropped already`];
    return [];
  });
}
