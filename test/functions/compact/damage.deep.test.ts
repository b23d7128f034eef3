import { expect, test } from '@jest/globals';
import { refusedOf, wholeParts } from './damage.ts';

test.each(wholeParts)(
  'of %s, a damaged part is refused or has the right rows, when any third bit of it is changed',
  async (_what, part) => expect(await refusedOf(part, 3)).toBeGreaterThan(300),
  600_000,
);
