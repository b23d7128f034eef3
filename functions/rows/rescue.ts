/**
 * One member of `rescued`, as text, because an object would lose a name such as `__proto__`. Strict parsers refuse half a
 * surrogate pair, so it becomes the text of its escape (`\\ud83d` in JSON). Backslashes before any such text are doubled,
 * so that different values stay different.
 */
export function rescue(path: string, value: unknown): string {
  const member = `${JSON.stringify(path)}:${JSON.stringify(value)}`;
  if (!member.includes('\\ud')) return member;
  return member.replace(/(?<!\\)\\+(?=ud[89a-f][\da-f]{2})/g, '$&$&');
}

/** `current.temp_c`. Names with a dot or a bracket are quoted, so that no two members share a path. */
export function memberPath(path: string, name: string): string {
  if (/[.[\]"]/.test(name) || name === '') return `${path}[${JSON.stringify(name)}]`;
  return path ? `${path}.${name}` : name;
}
