/** The class that gives a place its colour. There are six; places are named, too. */
export function placeLook(rank: number): string {
  return `place-${(rank % 6) + 1}`;
}
