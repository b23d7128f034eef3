/** Counts calls, and says of each whether it is within those that a month (UTC) includes. */
export function monthlyQuota(calls: number, now: () => Date): () => boolean {
  let [month, used] = ['', 0];
  return () => {
    const current = now().toISOString().slice(0, 7);
    if (current !== month) [month, used] = [current, 0];
    used += 1;
    return used <= calls;
  };
}
