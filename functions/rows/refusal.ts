import { PermanentError } from '../../shared/errors.ts';
import { isExactNumber, isObject, type JsonObject } from './json.ts';

/**
 * Why an answer is not data.
 * @param number of the answer in its file, from 1
 * @param lack what it has no declared value of; undefined when it has none at all
 */
export function refusal(record: JsonObject, number: number, lack: string | undefined): PermanentError {
  const { error } = record;
  if (isObject(error) && 'code' in error) {
    const message = 'message' in error ? `: ${brief(error.message)}` : '';
    return new PermanentError(
      'error-body',
      `Record ${number} is an error answer (code ${brief(error.code)}${message}), not data.`,
    );
  }
  if (lack !== undefined)
    return new PermanentError('incomplete', `Record ${number} has no ${lack}, so it is not data.`);
  const names = brief(Object.keys(record).slice(0, 5).join(', '));
  return new PermanentError(
    'foreign-record',
    `Record ${number} has none of the dataset's fields (it has: ${names || 'no members'}). Is the file under the right prefix?`,
  );
}

/** The author of a file may have put anything there, of any size. */
function brief(value: unknown): string {
  if (isExactNumber(value)) return value.rawJSON.slice(0, 200);
  return typeof value === 'object' ? 'unreadable' : String(value).slice(0, 200);
}
