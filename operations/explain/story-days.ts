import pMap from 'p-map';
import { tableName } from '../../shared/dataset.ts';
import { compactedKey, curatedKey, type DatedKey, dayPrefix } from '../../shared/keys.ts';
import type { LookAtDay } from '../status/table-days.ts';
import { event, type StoryEvent } from './story-events.ts';

/** A day of a table that an object's rows belong to. */
export interface StoryDay {
  /** Of its parts. */
  readonly prefix: string;
  /** Of the compacted object. */
  readonly key: string;
  /** Its last compaction, if the table has the object's rows by it; else null. */
  readonly compacted: StoryEvent | null;
}

export function daysOf(look: LookAtDay, { key, dataset, day }: DatedKey): Promise<StoryDay[]> {
  return pMap(dataset.tables, async (table) => {
    const of = { dataset, table, day };
    const { parts, compacted, has } = await look(of);
    const part = parts.get(curatedKey({ key, dataset, day }, table));
    const what = `${tableName(table)} written: ${compacted?.ContentLength} bytes`;
    return {
      prefix: dayPrefix(of),
      key: compactedKey(of),
      compacted: part && has(part) ? event(compacted?.LastModified, 'compacted', what) : null,
    };
  });
}
