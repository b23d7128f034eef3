/** What steers a terminal, or reorders what stands around it. A joiner within a word does neither. */
const steering = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** A text from outside on one line, without what would steer a terminal: whoever drops a file chooses its name. */
export function printable(text: string): string {
  return text.replaceAll(/\r?\n|\t/g, ' ').replaceAll(steering, '\uFFFD');
}

/** The same for a text that may have line breaks and tabs of its own. */
export function printableLines(text: string): string {
  return text.replaceAll(/[^\n\t]+/g, printable);
}

/** JSON that says the same, with what would steer a terminal as `\u` escapes. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(steering, (character) =>
    character === '\n' ? '\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
