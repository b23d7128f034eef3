/** A text from outside on one line, without what would steer a terminal: whoever drops a file chooses its name. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, '\uFFFD');
}
