import { createReadStream } from 'node:fs';
import { unpacked } from '../../functions/reader/plain-bytes.ts';
import { RecordReader } from '../../functions/reader/record-reader.ts';
import { AnswerRows } from '../../functions/rows/answer-rows.ts';
import type { JsonObject } from '../../functions/rows/json.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { datasets } from '../../shared/datasets.ts';
import { PermanentError } from '../../shared/errors.ts';

/**
 * The datasets that a file may be of: of those whose reader accepts its first answer, the ones that it fits best. One that
 * lacks what a dataset's answers have beside its tables fits it less, as does one with values that find no column.
 */
export async function fittingDatasets(file: string, signal: AbortSignal): Promise<Dataset[]> {
  const misfits = new Map<Dataset, number>();
  for (const dataset of datasets) {
    const misfit = await misfitOf(file, dataset, signal);
    if (misfit !== undefined) misfits.set(dataset, misfit);
  }
  const least = Math.min(...misfits.values());
  return [...misfits].flatMap(([dataset, misfit]) => (misfit === least ? [dataset] : []));
}

/** Undefined when the dataset's reader refuses the answer. */
async function misfitOf(file: string, dataset: Dataset, signal: AbortSignal): Promise<number | undefined> {
  const rows = new FirstAnswer(dataset);
  const reader = new RecordReader(rows);
  try {
    for await (const piece of unpacked(createReadStream(file))) {
      signal.throwIfAborted();
      reader.push(piece);
      if (rows.misfit !== undefined) break;
    }
    if (rows.misfit === undefined) reader.end();
  } catch (error) {
    // What stands behind the first answer does not matter here.
    if (!(error instanceof PermanentError)) throw error;
  }
  return rows.misfit;
}

class FirstAnswer extends AnswerRows {
  misfit: number | undefined;

  constructor(dataset: Dataset) {
    super(dataset, { rawKey: '', fetchedAt: null }, () => {});
  }

  override add(answer: JsonObject): number {
    const rescued = super.add(answer);
    this.misfit ??= rescued + this.dataset.ignored.filter((member) => !(member in answer)).length;
    return rescued;
  }
}
