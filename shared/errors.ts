/** Why a message can never succeed, however often it is tried. Stands on the dead letter, so that an operator can sort by it. */
export type PermanentCode =
  | 'malformed-message'
  | 'unknown-dataset'
  | 'not-json'
  | 'not-utf8'
  | 'empty'
  | 'error-body'
  | 'foreign-record'
  | 'incomplete'
  | 'no-day'
  | 'several-days'
  | 'before-first-day'
  | 'bad-gzip'
  | 'too-large'
  | 'too-deep'
  | 'ambiguous';

/**
 * Trying again cannot help: the message goes to the dead-letter queue at once, with this reason.
 * Mend the raw object or the code, then redrive. Every other error is worth another try.
 */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  readonly code: PermanentCode;

  constructor(code: PermanentCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The deployment is not as the code needs it (environment, event, key): nothing to retry, someone has to act. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
