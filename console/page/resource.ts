import { type ReadonlySignal, signal } from '@preact/signals';

/** Something that the server is asked for, and asked for again: what came last stays until the next answer. */
export interface Resource<T> {
  /** Null until the first answer. */
  readonly data: ReadonlySignal<T | null>;
  /** Why the last request failed; null when it did not. */
  readonly error: ReadonlySignal<string | null>;
  readonly reload: () => Promise<void>;
}

/** The latest request wins: those before it are aborted. */
export function resource<T>(load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const data = signal<T | null>(null);
  const error = signal<string | null>(null);
  let latest = new AbortController();
  return {
    data,
    error,
    reload: async () => {
      latest.abort();
      latest = new AbortController();
      const { signal } = latest;
      try {
        const answer = await load(signal);
        if (signal.aborted) return;
        data.value = answer;
        error.value = null;
      } catch (reason) {
        if (!signal.aborted) error.value = (reason as Error).message;
      }
    },
  };
}
