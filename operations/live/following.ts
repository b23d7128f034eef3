/** Does what an entry was told to follow already, so that it misses no step; when that fails, nobody follows it. */
export async function following(unfollow: () => void, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    unfollow();
    throw error;
  }
}
