/** Why a message can never succeed. The dead letter has it as an attribute. */
export type PermanentCode =
  | 'malformed-message'
  | 'unknown-dataset'
  | 'unknown-table'
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
  | 'ambiguous'
  | 'not-parquet'
  | 'changed-type'
  | 'too-many-parts';

/**
 * Another try cannot help, so the message goes to the dead-letter queue at once, with this reason. Fix the raw object or the
 * code, then redrive. Every other error is worth another try.
 */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  readonly code: PermanentCode;

  constructor(code: PermanentCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The environment, the event or the key is wrong. Somebody has to fix the deployment; another try cannot help. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
