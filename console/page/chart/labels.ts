/**
 * Where labels go that belong at these heights: as near as they can, `gap` apart, between 0 and `height`. Undefined for those
 * that find no room.
 */
export function spread(
  wanted: readonly number[],
  gap: number,
  height: number,
): readonly (number | undefined)[] {
  const most = Math.max(0, Math.floor(height / gap) + 1);
  const order = wanted.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y);
  const kept = order.slice(0, most);
  const placed: { y: number; readonly index: number }[] = [];
  for (const { y, index } of kept) {
    const above = placed.at(-1);
    placed.push({ y: Math.max(0, y, above ? above.y + gap : 0), index });
  }
  let lowest = height;
  for (const one of placed.toReversed()) {
    one.y = Math.min(one.y, lowest);
    lowest = one.y - gap;
  }
  const found = new Map(placed.map(({ y, index }) => [index, y]));
  return wanted.map((_, index) => found.get(index));
}
