/**
 * What `open` returns, with a `close` that does all that `open` deferred, the last first. It may be called again.
 * When `open` fails, all that is done at once.
 */
export async function closeable<T extends object>(
  open: (opened: AsyncDisposableStack) => Promise<T>,
): Promise<T & { close(): Promise<void> }> {
  const opened = new AsyncDisposableStack();
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= opened.disposeAsync();
    return closing;
  };
  try {
    return { ...(await open(opened)), close };
  } catch (error) {
    await close();
    throw error;
  }
}
