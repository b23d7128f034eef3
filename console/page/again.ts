/**
 * Does something again whenever it is told to, once at a time: what is told meanwhile is done once more at the end. So news
 * that come faster than the answers do not starve them.
 */
export function again(work: () => Promise<void>): () => Promise<void> {
  let isBusy = false;
  let isDue = false;
  return async () => {
    isDue = true;
    if (isBusy) return;
    isBusy = true;
    try {
      while (isDue) {
        isDue = false;
        await work();
      }
    } finally {
      isBusy = false;
    }
  };
}
