import { expect, test } from '@jest/globals';
import { refusedOf, wholeParts } from './damage.ts';

test.each(wholeParts)(
  'of %s, a damaged part is refused or has the right rows, whichever of all its bits is changed',
  async (_what, part) => expect(await refusedOf(part, 1)).toBeGreaterThan(1000),
  600_000,
);
