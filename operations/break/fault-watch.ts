import type { Faults } from '../../local/faults/faults.ts';
import { type FaultKind, faultKinds, seededFaults } from '../../local/faults/seeded-faults.ts';
import { keysIn } from '../../shared/dead-letters.ts';
import type { Verdict } from './verdict.ts';

export interface BreakOptions {
  readonly seed: number;
  /** The only kind of fault that happens. @default all kinds */
  readonly kind?: FaultKind | undefined;
  /** Directory of a pipeline's state: the broken one keeps its own within it for a while. */
  readonly state: string;
  /** Folder of the synthesized stack. */
  readonly assembly: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: BreakProgress) => void;
  /** Objects that are dropped. @default 40 */
  readonly objects?: number;
}

export interface BreakProgress {
  readonly seed: number;
  readonly kind: FaultKind | null;
  /** Steps: an object that has settled is one, and so is each of what follows. */
  readonly done: number;
  readonly of: number;
  /** The faults that were hit, the most frequent first. */
  readonly faults: readonly { readonly kind: FaultKind; readonly times: number }[];
  /** Null while it goes on. */
  readonly verdict: Verdict | null;
}

/** After the objects: settled, reconciled, sent again, judged. */
const closingSteps = 4;
const hour = 3_600_000;

/** The faults of a run, and what they have hit so far. */
export class FaultWatch {
  readonly #options: BreakOptions;
  readonly #seeded: Faults;
  readonly #hits = new Map<FaultKind, number>();
  /** By message id. */
  readonly #deliveries = new Map<string, { readonly keys: readonly string[]; count: number }>();
  #isOver = false;
  #of = 1;
  #done = 0;
  #steps = 0;
  #verdict: Verdict | null = null;

  constructor(options: BreakOptions) {
    this.#options = options;
    const { seed, kind } = options;
    this.#seeded = seededFaults(seed, {
      without: new Set(faultKinds.filter((each) => kind !== undefined && each !== kind)),
      onFault: (hit) => {
        this.#hits.set(hit, (this.#hits.get(hit) ?? 0) + 1);
        this.#tell();
      },
    });
  }

  /** Nothing hits reconcile, which is to find what was lost; by its clock, no event can be on its way any more. */
  get faults(): Faults {
    const reconcile = 'reconcile-function';
    return {
      request: (call, ...asked) =>
        this.#isOver || call.caller === reconcile ? undefined : this.#seeded.request?.(call, ...asked),
      event: (event) => (this.#isOver ? [0] : (this.#seeded.event?.(event) ?? [0])),
      delivery: (message) => {
        const { MessageId: id = '', Body: body = '' } = message;
        const delivered = this.#deliveries.get(id) ?? { keys: keysIn(body), count: 0 };
        delivered.count += 1;
        this.#deliveries.set(id, delivered);
        return this.#isOver ? undefined : this.#seeded.delivery?.(message);
      },
      invocation: (name, ...asked) =>
        this.#isOver || name === reconcile ? undefined : this.#seeded.invocation?.(name, ...asked),
      clockAhead: (name) => (name === reconcile ? hour : 0),
    };
  }

  count(kinds: readonly FaultKind[]): number {
    return kinds.reduce((sum, kind) => sum + (this.#hits.get(kind) ?? 0), 0);
  }

  /** How often each message about one of these keys was handed to a function. */
  deliveriesOf(keys: readonly string[]): number[] {
    return [...this.#deliveries.values()]
      .filter((each) => each.keys.some((key) => keys.includes(key)))
      .map(({ count }) => count);
  }

  begin(objects: number): void {
    this.#of = objects + closingSteps;
    this.#tell();
  }

  /** So many objects are converted. */
  settled(objects: number): void {
    this.#done = Math.max(this.#done, Math.min(objects, this.#of - closingSteps));
    this.#tell();
  }

  /** What moved has settled once more. */
  step(): void {
    this.#steps += 1;
    this.#done = this.#of - closingSteps + this.#steps;
    this.#tell();
  }

  /** Nothing goes wrong from now on. */
  end(): void {
    this.#isOver = true;
  }

  judged(verdict: Verdict): Verdict {
    this.#verdict = verdict;
    this.#done = this.#of;
    this.#tell();
    return verdict;
  }

  #tell(): void {
    const { seed, kind = null, onProgress } = this.#options;
    const faults = [...this.#hits]
      .map(([hit, times]) => ({ kind: hit, times }))
      .sort((a, b) => b.times - a.times);
    onProgress({ seed, kind, done: this.#done, of: this.#of, faults, verdict: this.#verdict });
  }
}
