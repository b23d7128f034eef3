/** A text of the template. What it refers to and is not here, such as a log group, is named by its logical id. */
export function alarmDescription(value: unknown, resolve: (value: unknown) => unknown): string {
  if (value === undefined) return '';
  if (typeof value !== 'object' || value === null) return String(value);
  const [separator, parts] = (value as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join'] ?? [];
  if (parts) return parts.map((part) => alarmDescription(part, resolve)).join(separator);
  try {
    return String(resolve(value));
  } catch {
    return String((value as { Ref?: string }).Ref ?? JSON.stringify(value));
  }
}
