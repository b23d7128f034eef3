const surrogate = /[\uD800-\uDFFF]/;

/** Compares texts as S3 lists keys: by their bytes in UTF-8. */
export function compareBytes(a: string, b: string): number {
  // Without surrogates, code units have the order of the bytes.
  if (surrogate.test(a) || surrogate.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A sorted copy. */
export function sortedByBytes(texts: Iterable<string>): string[] {
  const sorted = [...texts].sort(); // By code units: several times as fast.
  return sorted.some((text) => surrogate.test(text)) ? sorted.sort(compareBytes) : sorted;
}
