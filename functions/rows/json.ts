/**
 * A number that a double may not hold exactly, or would print differently, as its source text. So rescued values and
 * bigints keep every digit: https://github.com/tc39/proposal-json-parse-with-source
 */
interface ExactNumber {
  readonly rawJSON: string;
}

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
const exactJson = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
};

/** A double keeps any 15 digits. */
const manyDigits = /[\d.]{16}/;

const suspicious = new RegExp(`${manyDigits.source}|[eE][+-]?\\d{3}|-0(?![.\\d])|-0\\.0*(?!\\d)`);

/** `JSON.parse` that keeps the numbers exact which it would change. Each number decides for itself, whatever is beside it. */
export function parseExactly(text: string): unknown {
  if (!suspicious.test(text)) return JSON.parse(text);
  return exactJson.parse(text, (_key, value, { source }) =>
    typeof value === 'number' &&
    source !== undefined &&
    suspicious.test(source) &&
    !(isPrecise(value) && JSON.stringify(value) === source)
      ? exactJson.rawJSON(source)
      : value,
  );
}

/** Several integers beyond 2^53 are the same double. */
function isPrecise(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}

export const isExactNumber: (value: unknown) => value is ExactNumber = exactJson.isRawJSON;

/** Whether the number may have changed when it became a double. */
export function mayBeRounded({ rawJSON }: ExactNumber): boolean {
  return manyDigits.test(rawJSON);
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** An exact number is an object to JavaScript, but not to JSON. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}
