/** What to do about a file of the state directory, by the cause: the system's code, or SQLite's number. */
const remedies: readonly (readonly [codes: readonly unknown[], remedy: string])[] = [
  [['ENOSPC', 'EDQUOT', 13], 'The disk is full: free some space, then type the same again.'],
  [
    ['EROFS', 'EACCES', 'EPERM', 8, 14, 23],
    'This user may not use it: give another directory with --state DIR, or change its permissions.',
  ],
];
const damaged =
  'It seems damaged: give another directory with --state DIR, or remove this one (npx tdf destroy --local).';

/** A file of the state directory cannot be read or written. Says which one, why, and what to do. */
export class StateError extends Error {
  override readonly name = 'StateError';

  constructor(file: string, cause: unknown) {
    const { code, errcode, message } = cause as { code?: string; errcode?: number; message: string };
    const [, remedy = damaged] =
      remedies.find(([codes]) => codes.includes(code === 'ERR_SQLITE_ERROR' ? errcode : code)) ?? [];
    super(`${file} cannot be used: ${message}. ${remedy}`, { cause });
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
