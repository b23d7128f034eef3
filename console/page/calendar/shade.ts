import type { CalendarCell } from '../../api.ts';

/** From few rows to many; 3 is what is usual for cells of this state. */
export type Shade = 1 | 2 | 3 | 4;

/** How each cell is shaded among those of its state, by its number of rows. What has no rows to count is as usual. */
export function shadesOf(cells: readonly CalendarCell[]): readonly Shade[] {
  const counts = Map.groupBy(
    cells.filter(({ rows }) => rows !== null),
    ({ state }) => state,
  );
  const usual = new Map(
    [...counts].map(([state, group]) => [state, medianOf(group.map(({ rows }) => rows ?? 0))]),
  );
  return cells.map(({ state, rows }) => {
    const median = usual.get(state);
    if (rows === null || !median) return 3;
    if (rows < median / 2) return 1;
    if (rows < median) return 2;
    return rows < median * 1.5 ? 3 : 4;
  });
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
