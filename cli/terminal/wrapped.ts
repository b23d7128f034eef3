import { stripVTControlCharacters } from 'node:util';

/** The terminal's columns, or COLUMNS when the output is piped. Undefined when nothing limits a line. */
export function terminalWidth(stream: { readonly columns?: number | undefined }): number | undefined {
  return Number(process.env.COLUMNS) || stream.columns;
}

/** A command is not broken, so that it can be copied. */
const words = /(?:npx|npm|aws) [^;,]*?(?=[.:]?$|[;,]|[.:] | and\b)\S*|\S+/g;

/** Breaks a text between words into lines of at most so many columns. Continued lines are indented by two more. */
export function wrapped(text: string, width = Number.POSITIVE_INFINITY): string {
  return text
    .split('\n')
    .map((line) => wrappedLine(line, width))
    .join('\n');
}

function wrappedLine(line: string, width: number): string {
  if (lengthOf(line) <= width) return line;
  const indent = lengthOf(/^ */.exec(stripVTControlCharacters(line))?.[0] ?? '');
  const hang = ' '.repeat(Math.min(indent + 2, Math.floor(width / 2)));
  let done = '';
  let current = '';
  let end = 0;
  for (const { 0: word, index } of line.matchAll(words)) {
    const space = line.slice(end, index);
    end = index + word.length;
    const fits = lengthOf(current) + space.length + lengthOf(word) <= width;
    // A path that is longer than a line stays where it is.
    const helps = hang.length + lengthOf(word) <= width || word.includes(' ');
    if (fits || !helps || current.trim() === '') current += space + word;
    else {
      done += `${current}\n`;
      current = hang + word;
    }
  }
  return done + current;
}

function lengthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
