import { describe, expect, test } from '@jest/globals';
import { flowLayout, pillHeight, pillWidths } from '../../../console/page/flow/layout.ts';
import { asides, tiles } from '../../../console/page/flow/tiles.ts';

const rooms = [300, 366, 699, 700, 916, 3000];

describe.each(rooms)('the flow in %i pixels', (room) => {
  const layout = flowLayout(room);
  const boxes = [
    ...tiles.map(({ name }) => {
      const { x, y } = layout.spots[name];
      return {
        name,
        left: x - layout.half,
        right: x + layout.half,
        top: y - layout.half,
        bottom: y + layout.half,
      };
    }),
    ...asides.map(({ name }) => {
      const { x, y } = layout.spots[name];
      const [across, down] = [pillWidths[name] / 2, pillHeight / 2];
      return { name, left: x - across, right: x + across, top: y - down, bottom: y + down };
    }),
  ];

  test('keeps every part inside the picture', () => {
    for (const box of boxes) {
      expect(box.left).toBeGreaterThanOrEqual(0);
      expect(box.top).toBeGreaterThanOrEqual(0);
      expect(box.right).toBeLessThanOrEqual(layout.width);
      expect(box.bottom).toBeLessThanOrEqual(layout.height);
    }
  });

  test('lets no part cover another', () => {
    const pairs = boxes.flatMap((a, index) => boxes.slice(index + 1).map((b) => [a, b] as const));
    const covered = pairs.filter(
      ([a, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom,
    );
    expect(covered).toEqual([]);
  });

  test('goes one way, in the order of the list', () => {
    const along = tiles.map(({ name }) => layout.spots[name][layout.isWide ? 'x' : 'y']);
    expect(along).toEqual(along.toSorted((a, b) => a - b));
    expect(new Set(tiles.map(({ name }) => layout.spots[name][layout.isWide ? 'y' : 'x'])).size).toBe(1);
  });
});

test('the flow goes from left to right where there is room, and from top to bottom on a phone', () => {
  expect(flowLayout(916).isWide).toBe(true);
  expect(flowLayout(366)).toMatchObject({ isWide: false, width: 366 });
});
