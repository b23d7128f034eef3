import { AnswerRows } from '../../functions/rows/answer-rows.ts';
import { millisecondsPerDay } from '../../functions/rows/cell.ts';
import type { RowGroup } from '../../functions/rows/row-group.ts';
import type { Dataset } from '../../shared/dataset.ts';

/** What a row says of itself. */
export interface Sought {
  readonly place?: string;
  /** In one of its columns of time, or the day in one of its columns of days. */
  readonly at?: Date;
}

/** How well a record fits: `exact` has a row of the place and the time. */
export type Fit = 'none' | 'place' | 'exact';

/** Convert's rows, of which nothing is kept but whether the one that is sought is among them. */
export class SoughtRows extends AnswerRows {
  readonly #sought: Sought;
  #fit: Fit = 'none';
  #isSeen = true;

  constructor(dataset: Dataset, sought: Sought) {
    super(dataset, { rawKey: '', fetchedAt: null }, () => {});
    this.#sought = sought;
  }

  override begin(): void {
    this.#see();
    super.begin();
    this.#isSeen = false;
  }

  /** Of the rows since the last call. */
  take(): Fit {
    this.#see();
    const fit = this.#fit;
    this.#fit = 'none';
    return fit;
  }

  #see(): void {
    if (this.#isSeen) return;
    this.#isSeen = true;
    for (const [table, group] of this.groups.entries()) {
      for (let row = this.startOfAnswer(table); row < group.rowCount; row++) {
        if (!isOf(group, row, this.#sought)) continue;
        if (this.#fit === 'none') this.#fit = 'place';
        if (isAt(group, row, this.#sought)) this.#fit = 'exact';
      }
    }
  }
}

function isOf(group: RowGroup, row: number, { place }: Sought): boolean {
  if (place === undefined) return true;
  const column = group.columns.findIndex((each) => each.column === 'location_name');
  const at = column * group.capacity + row;
  return group.present[at] === 1 && group.words[at * 2] === group.dictionaries[column]?.numberOfString(place);
}

function isAt(group: RowGroup, row: number, { at: instant }: Sought): boolean {
  if (instant === undefined) return true;
  return group.columns.some(({ type }, column) => {
    const at = column * group.capacity + row;
    const unit = type === 'timestamp' ? 1 : type === 'date' ? millisecondsPerDay : 0;
    return unit > 0 && group.present[at] === 1 && Number(group.bigints[at]) * unit === instant.getTime();
  });
}
