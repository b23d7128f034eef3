/** Where the string that begins at `start` of a JSON text ends: after its closing quotation mark. */
export function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Members that the objects of a well-formed JSON text name, each as often as it is named. */
export function countNames(text: string): number {
  let names = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at)) {
    at = stringEnd(text, at);
    while (isSpace(text.charCodeAt(at))) at += 1;
    if (text[at] === ':') names += 1;
  }
  return names;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}
