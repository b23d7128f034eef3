import { PermanentError } from '../../shared/errors.ts';
import { dayPrefix, type TableDay } from '../../shared/keys.ts';
import { limits } from './limits.ts';

const measures = { parts: 'parts', bytes: 'bytes', rows: 'rows', text: 'bytes of text' } as const;

type Measure = keyof typeof measures;

/** @throws {PermanentError} `too-many-parts` for a day that may not be compacted in time */
export function refuseLargeDay(of: TableDay, size: Readonly<Partial<Record<Measure, number>>>): void {
  const exceeded = (Object.entries(size) as [Measure, number][]).filter(
    ([measure, count]) => count > limits[measure],
  );
  if (exceeded.length === 0) return;
  const counts = exceeded.map(
    ([measure, count]) => `${count} ${measures[measure]} (at most ${limits[measure]})`,
  );
  throw new PermanentError(
    'too-many-parts',
    `"${dayPrefix(of)}" has more than compact takes in time: ${counts.join(', ')}. Raise these limits and, in proportion, "timeout" (15 minutes at most) in functions/compact/limits.ts, and deploy: npx cdk deploy. Or, if the day has many small files, drop them as fewer, larger ones: npx tdf drop FILE; remove the small ones from raw, and then their curated objects: npx tdf reconcile --prune. Then: npx tdf dead-letters redrive`,
  );
}
