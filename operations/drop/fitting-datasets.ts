import { createReadStream } from 'node:fs';
import { unpacked } from '../../functions/reader/plain-bytes.ts';
import { RecordReader } from '../../functions/reader/record-reader.ts';
import { AnswerRows } from '../../functions/rows/answer-rows.ts';
import type { JsonObject } from '../../functions/rows/json.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { PermanentError } from '../../shared/errors.ts';

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
  const rows = new FirstAnswer(dataset, { rawKey: '', fetchedAt: null }, () => {});
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

class FirstAnswer extends AnswerRows {
  /** Bytes that no column holds. A member that the dataset ignores, and that this answer lacks, counts as one. */
  misfit: number | undefined;

  override add(answer: JsonObject): number {
    const count = super.add(answer);
    const absent = this.dataset.ignored.filter((member) => !(member in answer));
    this.misfit ??= absent.length + this.#rescuedBytes();
    return count;
  }

  #rescuedBytes(): number {
    const bytes = this.groups.map(({ columns, dictionaries }) => {
      const number = columns.findIndex(({ column }) => column === 'rescued');
      return dictionaries[number]?.byteLength ?? 0;
    });
    return bytes.reduce((sum, each) => sum + each, 0);
  }
}
