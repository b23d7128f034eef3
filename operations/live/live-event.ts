import type { BreakProgress } from '../break/fault-watch.ts';
import type { Activity } from './activities.ts';
import type { Flow } from './flow.ts';

/** What happens, as every page is told. */
export type LiveEvent =
  /** What the flow shows has changed. */
  | { readonly type: 'flow'; readonly flow: Flow }
  /** An object was written or removed. */
  | {
      readonly type: 'object';
      readonly bucket: 'raw' | 'curated' | 'compacted';
      readonly key: string;
      readonly isRemoved: boolean;
    }
  | { readonly type: 'activity'; readonly entry: Activity }
  /** What a panel shows may have changed. */
  | { readonly type: 'changed'; readonly panel: 'letters' | 'calendar' | 'rows' }
  | { readonly type: 'reloaded'; readonly functions: readonly string[]; readonly milliseconds: number }
  | { readonly type: 'reload-failed'; readonly reason: string }
  | { readonly type: 'breaking'; readonly progress: BreakProgress };
