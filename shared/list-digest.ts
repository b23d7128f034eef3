import { createHash } from 'node:crypto';

/** What a run asks for. */
interface RunList {
  readonly locations: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/** Identifies what a run asks for: runs of one time with the same digest are the same run. */
export function listDigest({ locations, options }: RunList): string {
  const list = JSON.stringify([locations, Object.entries(options).sort()]);
  return createHash('sha256').update(list).digest('hex');
}
