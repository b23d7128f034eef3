import { PermanentError } from '../../shared/errors.ts';

/**
 * JSON values that may be parsed of one raw object: what takes less than half of convert's time-out. Of the slowest records,
 * with escaped names and numbers that are kept as they were written, one CPU parses half a million values a second. Records of
 * a known shape are not parsed; where several shapes are tried, that counts a little, so that no order of them takes too long.
 * test/e2e/large-file.deep.test.ts keeps watch.
 */
export const maxParsedValues = 60_000_000;

/** Counts the values that are parsed of one raw object. */
export class ParsedValues {
  #count = 0;

  /** @throws {PermanentError} `too-large` */
  add(values: number): void {
    this.#count += values;
    if (this.#count <= maxParsedValues) return;
    throw new PermanentError(
      'too-large',
      `The file has more than ${maxParsedValues / 1e6} million values in records with undeclared objects or arrays, or of many forms. ` +
        'They have to be parsed, and one conversion has no time for more. Split it between lines and drop the pieces.',
    );
  }
}
