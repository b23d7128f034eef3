import type { Bundle } from '../bundles/measure-bundles.ts';
import type { Measurement } from '../rounds/measure.ts';
import type { Stream } from '../stream/measure-stream.ts';

/** Everything that one run measured. */
export interface Results {
  readonly measurements: readonly Measurement[];
  readonly streams: readonly Stream[];
  readonly bundles: readonly Bundle[];
}
