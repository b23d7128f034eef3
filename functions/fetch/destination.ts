import type { RawBucket } from './raw-bucket.ts';
import type { RunEvent } from './run-event.ts';
import type { Answer } from './weatherapi.ts';

export interface DestinationSettings {
  readonly event: RunEvent;
  readonly raw: Pick<RawBucket, 'look' | 'lines' | 'put' | 'runsBefore' | 'keysOf'>;
  /** When the run first calls the API, ISO 8601. */
  readonly fetchedAt: string;
}

/** Where the answers of a run go. Places are known by their number in the event. */
export interface Destination {
  /** Places that have not landed. */
  readonly left: readonly number[];
  /** Parameters of each call, beside the event's options. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Takes what came for a place. @returns the answer, or why its data cannot be kept */
  take(place: number, answer: Answer): Promise<Answer>;
  /** Lands what was taken and has not landed yet. @param tries how many calls the whole run made */
  land(tries: number): Promise<Landing>;
  /** Which of these places the two runs before this one lack too. */
  missing(places: readonly number[]): Promise<readonly number[]>;
  close(): Promise<void>;
}

export interface Landing {
  /** The raw objects that hold this run's places; empty when nothing landed. */
  readonly keys: readonly string[];
  /** Objects that this run wrote. */
  readonly written: number;
  /** Places whose data this run added. */
  readonly added: number;
  /** Places whose data is in the objects. */
  readonly places: number;
}
