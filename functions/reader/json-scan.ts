/** The place after the closing quotation mark of the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** The brackets, commas, colons and values of a well-formed JSON text. */
export function* tokens(text: string): Generator<[start: number, end: number]> {
  const others = /[{}[\],:]|[^\s{}[\],:"]+|"/g;
  for (let match = others.exec(text); match; match = others.exec(text)) {
    if (match[0] === '"') others.lastIndex = stringEnd(text, match.index);
    yield [match.index, others.lastIndex];
  }
}

/** Exact for well-formed JSON, a guess for anything else. */
interface Outline {
  readonly names: number;
  /** At least the number of values. */
  readonly values: number;
  readonly depth: number;
  readonly hasEscapedName: boolean;
}

/** Does not parse, which can take a hundred times the memory of the text. */
export function outlineOf(text: string): Outline {
  let names = 0;
  let values = 1;
  let depth = 0;
  let open = 0;
  let stringStart = 0;
  let hasEscapedName = false;
  // The first one, or the first after an earlier name.
  let backslash = text.indexOf('\\');
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        stringStart = at;
        at = stringEnd(text, at) - 1;
        break;
      case 0x3a: // :
        names += 1;
        if (backslash >= 0 && backslash < stringStart) backslash = text.indexOf('\\', stringStart);
        if (backslash >= 0 && backslash < at) hasEscapedName = true;
        break;
      case 0x2c: // ,
        values += 1;
        break;
      case 0x5b: // [
      case 0x7b: // {
        values += 1;
        open += 1;
        if (open > depth) depth = open;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        open -= 1;
        break;
    }
  }
  return { names, values, depth, hasEscapedName };
}
