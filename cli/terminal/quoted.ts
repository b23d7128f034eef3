import { printableLines } from '../../operations/printable.ts';

/** A text as a shell takes it for one word, to be copied into a command. */
export function quoted(text: string): string {
  if (/^[\w./@:+-][\w./@:+=-]*$/.test(text)) return text;
  if (printableLines(text) === text) return `'${text.replaceAll("'", `'\\''`)}'`;
  // What a terminal must not get as it is, bash and zsh take as escapes.
  const escaped = [...text].map((character) =>
    printableLines(character) === character && !/['\\]/.test(character)
      ? character
      : [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  );
  return `$'${escaped.join('')}'`;
}
