import type { Deployed } from '../deployed.ts';
import type { Observed } from '../observed.ts';
import type { Activities, Entry } from './activities.ts';
import type { LiveEvent } from './live-event.ts';

/** The pipeline on this computer, which stays up: what operations of the page work on. */
export interface Live {
  /** For whoever changes something; its runtime is there. It stays open: do not close it. */
  readonly deployed: Deployed;
  /** For whoever only looks. */
  readonly observed: Observed;
  /** The state directory. */
  readonly state: string;
  /** Aborts when the stack is stopped. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly activities: Activities;
  /** Tells every page. */
  emit(event: LiveEvent): void;
  /**
   * Tells an entry what becomes of raw objects, until each of them is in its tables or dead. Call it before they are written
   * or sent.
   * @param isThere whether they are written already, and only sent @default true
   * @returns ends that
   */
  follow(entry: Entry, rawKeys: readonly string[], isThere?: boolean): () => void;
}
