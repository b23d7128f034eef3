import { conversion } from '../../functions/convert/conversion.ts';
import { dayIn, refuseBeforeFirstDay } from '../../functions/convert/file-object.ts';
import { PermanentError } from '../../shared/errors.ts';
import { parseRawKey } from '../../shared/keys.ts';
import { faultMark, type Mark } from './fault-mark.ts';

/** Whether convert would take a text. */
export interface Judgement {
  /** Of all tables; null when it would not. */
  readonly rows: number | null;
  /** Null when it would. */
  readonly reason: string | null;
  /** The characters that the reason is about. */
  readonly mark: Mark | null;
}

/** Converts a text as convert would a raw object of this key, and writes nothing. */
export async function judge(key: string, text: string, signal: AbortSignal): Promise<Judgement> {
  const bytes = Buffer.from(text);
  const object = () => ({ body: pieces(bytes), fetchedAt: null });
  try {
    const parsed = parseRawKey(key);
    refuseBeforeFirstDay(parsed, parsed.day ?? (await dayIn(parsed, object(), signal)));
    const converting = conversion(parsed, object(), signal);
    let next = await converting.next();
    while (!next.done) next = await converting.next();
    return { rows: next.value.rows.reduce((sum, rows) => sum + rows, 0), reason: null, mark: null };
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const isOfText = !['unknown-dataset', 'before-first-day', 'no-day', 'several-days'].includes(error.code);
    const mark = isOfText ? faultMark(text, parseRawKey(key).dataset, error.message) : null;
    return { rows: null, reason: error.message, mark };
  }
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
