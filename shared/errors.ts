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

interface PermanentErrorOptions extends ErrorOptions {
  readonly mayHeal?: boolean | undefined;
}

/**
 * Another try cannot help, so the message goes to the dead-letter queue at once, with this reason. Fix the raw object or the
 * code, then redrive. Every other error is worth another try.
 */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  readonly code: PermanentCode;
  /** Something else may be fixing it right now: the message goes to the dead-letter queue at its last try. */
  readonly mayHeal: boolean;

  constructor(
    code: PermanentCode,
    message: string,
    { mayHeal = false, ...options }: PermanentErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.mayHeal = mayHeal;
  }
}

/** The environment, the event or the key is wrong. Somebody has to fix the deployment; another try cannot help. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
