/**
 * Numbers that a double may not hold exactly, or that print differently, are kept as their source text
 * (https://github.com/tc39/proposal-json-parse-with-source), so that a value which is rescued or declared as bigint
 * keeps every digit. Such a member is an object of this shape.
 */
export interface ExactNumber {
  readonly rawJSON: string;
}

// Not in TypeScript's library yet; in Node since version 22.
type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
const exactJson = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
};

/** A double keeps any 15 digits. */
const manyDigits = /[\d.]{16}/;

/** Texts that may hold a number of that kind: many digits, a large exponent, or a negative zero. Most have none. */
const suspicious = new RegExp(`${manyDigits.source}|[eE][+-]?\\d{3}|-0(?![.\\d])|-0\\.0*(?!\\d)`);

/** `JSON.parse`, with the numbers that it would change kept exact. */
export function parseExactly(text: string): unknown {
  if (!suspicious.test(text)) return JSON.parse(text);
  return exactJson.parse(text, (_key, value, { source }) =>
    typeof value === 'number' &&
    source !== undefined &&
    !(isPrecise(value) && JSON.stringify(value) === source)
      ? exactJson.rawJSON(source)
      : value,
  );
}

/** Of integers beyond 2^53, several are one double. */
function isPrecise(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}

export const isExactNumber: (value: unknown) => value is ExactNumber = exactJson.isRawJSON;

/** Whether a number of this source text may have changed when it became a double. */
export function mayBeRounded({ rawJSON }: ExactNumber): boolean {
  return manyDigits.test(rawJSON);
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** A JSON object; an exact number is none, though JavaScript says it is. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}
