import type { Dataset } from '../../shared/dataset.ts';
import { AnswerRows } from './answer-rows.ts';
import { observedIn, type Span } from './observed.ts';
import type { RowGroup } from './row-group.ts';

export interface Observed extends Span {
  /** Of the answer whose observations are furthest apart. */
  readonly longest: Span;
}

const nothing: Span = { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };

/** Convert's rows, of which nothing is kept but when they were observed. */
export class DatedRows extends AnswerRows {
  #observed: Observed = { ...nothing, longest: nothing };
  #isSeen = true;

  constructor(dataset: Dataset) {
    super(dataset, { rawKey: '', fetchedAt: null }, () => {});
  }

  override begin(): void {
    this.#see();
    super.begin();
    this.#isSeen = false;
  }

  override end(): void {
    this.#see();
    super.end();
  }

  /** Of the rows since the last call. */
  take(): Observed {
    this.#see();
    const observed = this.#observed;
    this.#observed = { ...nothing, longest: nothing };
    return observed;
  }

  #see(): void {
    if (this.#isSeen) return;
    this.#isSeen = true;
    let { first, last } = nothing;
    for (const instant of observedIn(this.groups[0] as RowGroup, this.dataset, this.startOfAnswer(0))) {
      first = Math.min(first, instant);
      last = Math.max(last, instant);
    }
    if (first > last) return;
    const { longest, ...all } = this.#observed;
    this.#observed = {
      first: Math.min(all.first, first),
      last: Math.max(all.last, last),
      longest: last - first > longest.last - longest.first ? { first, last } : longest,
    };
  }
}
