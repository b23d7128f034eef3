/** What to do about a file, by what the system or SQLite says of it. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /ENOSPC|EDQUOT|no space left|disk is full/i,
    'The disk is full: free some space, then type the same again.',
  ],
  [/disk I\/O error|EIO/i, 'Is the disk full? Free some space, then type the same again.'],
  [
    /EROFS|EACCES|EPERM|read-?only|permission|unable to open/i,
    'It cannot be written here: make it writable, or give another directory with --state DIR.',
  ],
];
const damaged =
  'This file is damaged: give another directory with --state DIR. The rest of this one stays as it is.';

/** A file of the state directory cannot be read or written. Says which one, why, and what to do. */
export class StateError extends Error {
  override readonly name = 'StateError';

  constructor(file: string, cause: unknown) {
    const reason = (cause as Error).message;
    const [, remedy = damaged] = remedies.find(([pattern]) => pattern.test(reason)) ?? [];
    super(`${file} cannot be used: ${reason}. ${remedy}`, { cause });
  }
}

/** Does something with a file of the state directory. @throws {StateError} */
export function withStateFile<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof StateError ? error : new StateError(file, error);
  }
}
