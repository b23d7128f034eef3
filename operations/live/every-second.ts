/**
 * Calls it every second, unless it is still at work.
 * @param onTrouble is told of what it throws: in a timer, that would end the process
 * @returns ends that
 */
export function everySecond(work: () => unknown, onTrouble: (error: unknown) => void): () => void {
  let isAtWork = false;
  const timer = setInterval(async () => {
    if (isAtWork) return;
    isAtWork = true;
    try {
      await work();
    } catch (error) {
      onTrouble(error);
    } finally {
      isAtWork = false;
    }
  }, 1000);
  return () => clearInterval(timer);
}
