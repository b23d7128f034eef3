const ranks = new Map<string, number>();

/** A place keeps its rank while the page is open, whichever places come and go. */
export function rankOf(place: string): number {
  const rank = ranks.get(place) ?? ranks.size;
  ranks.set(place, rank);
  return rank;
}

/** The class that gives a place its colour. There are six; places are named, too. */
export function placeLook(rank: number): string {
  return `place-${(rank % 6) + 1}`;
}
