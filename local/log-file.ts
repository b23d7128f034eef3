import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { StateError } from './aws/state-error.ts';

/** The lines of a function's log; none before it has logged. @throws {StateError} */
export async function* linesIn(file: string): AsyncGenerator<string, void, undefined> {
  if (!existsSync(file)) return;
  const input = createReadStream(file);
  try {
    yield* createInterface({ input });
  } catch (error) {
    throw new StateError(file, error);
  } finally {
    input.destroy();
  }
}
