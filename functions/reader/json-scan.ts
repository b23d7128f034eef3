/** Where the string that begins at `start` of a JSON text ends: after its closing quotation mark. */
export function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** What a well-formed JSON text is made of; of any other, a guess. */
export interface Outline {
  /** Members that its objects name, each as often as it is named. */
  readonly names: number;
  /** No fewer than its values. */
  readonly values: number;
  /** Levels of objects and arrays. */
  readonly depth: number;
}

/** Told without parsing, which may take a hundred times the memory that the text has. */
export function outlineOf(text: string): Outline {
  let names = 0;
  let values = 1;
  let depth = 0;
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = stringEnd(text, at) - 1;
        break;
      case 0x3a: // :
        names += 1;
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
  return { names, values, depth };
}
