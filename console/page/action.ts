import { useSignal } from '@preact/signals';

/** Of a button that asks the server for something: whether it waits for the answer, and why it was refused. */
export function useAction() {
  const isBusy = useSignal(false);
  const error = useSignal<string | null>(null);
  return {
    isBusy: isBusy.value,
    error: error.value,
    /** Answers whether it went well. */
    run: async (ask: () => Promise<unknown>): Promise<boolean> => {
      isBusy.value = true;
      error.value = null;
      try {
        await ask();
        return true;
      } catch (reason) {
        error.value = (reason as Error).message;
        return false;
      } finally {
        isBusy.value = false;
      }
    },
  };
}
