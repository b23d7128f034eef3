import { createReadStream } from 'node:fs';
import { unpacked } from '../../functions/reader/plain-bytes.ts';
import { RecordReader } from '../../functions/reader/record-reader.ts';
import { DatedRows } from '../../functions/rows/dated-rows.ts';
import type { JsonObject } from '../../functions/rows/json.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { addDays } from '../../shared/days.ts';
import { PermanentError } from '../../shared/errors.ts';
import { dayOf } from '../../shared/keys.ts';

interface Fitting {
  readonly datasets: readonly Dataset[];
  /** Why none accepts the answer, if all give the same reason. */
  readonly reason: string | undefined;
}

/** The datasets that a file's first answer fits best, of those that accept it: one, unless it fits several alike. */
export async function fittingDatasets(
  file: string,
  among: readonly Dataset[],
  signal: AbortSignal,
): Promise<Fitting> {
  const misfits = new Map<Dataset, number>();
  const reasons = new Set<string>();
  for (const dataset of among) {
    const misfit = await misfitOf(file, dataset, signal);
    if (misfit instanceof PermanentError) reasons.add(misfit.message);
    else misfits.set(dataset, misfit);
  }
  const least = Math.min(...misfits.values());
  return {
    datasets: [...misfits].flatMap(([dataset, misfit]) => (misfit === least ? [dataset] : [])),
    reason: reasons.size === 1 ? [...reasons][0] : undefined,
  };
}

/** How badly a file's first answer fits a dataset, or why its reader refuses it. */
async function misfitOf(
  file: string,
  dataset: Dataset,
  signal: AbortSignal,
): Promise<number | PermanentError> {
  const rows = new FirstAnswer(dataset);
  const reader = new RecordReader(rows);
  try {
    for await (const piece of unpacked(createReadStream(file))) {
      signal.throwIfAborted();
      reader.push(piece);
      if (rows.misfit !== undefined) return rows.misfit;
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    // What stands behind the first answer does not matter here.
    return rows.misfit ?? error;
  }
  return rows.misfit ?? 0;
}

class FirstAnswer extends DatedRows {
  /** Bytes that no column holds. A member that the dataset ignores, and that this answer lacks, counts as one. */
  misfit: number | undefined;

  override add(answer: JsonObject): number {
    const count = super.add(answer);
    if (this.misfit === undefined) this.#refuseFuture();
    const absent = this.dataset.ignored.filter((member) => !(member in answer));
    this.misfit ??= absent.length + this.#rescuedBytes();
    return count;
  }

  /** Each place and day lands once, when it is over. What has later days is a forecast that looks like it. */
  #refuseFuture(): void {
    const { name, identity } = this.dataset;
    const { last } = this.take();
    // Tomorrow has begun somewhere.
    const end = Date.parse(addDays(dayOf(new Date()), 2));
    if (identity !== 'place-and-day' || last < end) return;
    throw new PermanentError(
      'foreign-record',
      `${name} has days that have begun, and this answer has ${dayOf(new Date(last))}.`,
    );
  }

  #rescuedBytes(): number {
    const bytes = this.groups.map(({ columns, dictionaries }) => {
      const number = columns.findIndex(({ column }) => column === 'rescued');
      return dictionaries[number]?.byteLength ?? 0;
    });
    return bytes.reduce((sum, each) => sum + each, 0);
  }
}
