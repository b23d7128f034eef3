/**
 * Whether a text fits a pattern in which `*` stands for any characters and `?` for one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'su').test(text);
}

/** IAM does not mind the case of an action's name. */
export function matchesAction(pattern: string, action: string): boolean {
  return matches(pattern.toLowerCase(), action.toLowerCase());
}

/** A wildcard stays within its part of the ARN; only the last part, the resource's own name, may hold colons. */
export function matchesArn(pattern: string, arn: string): boolean {
  if (pattern === '*') return true;
  const parts = arnParts(arn);
  const patterns = arnParts(pattern);
  return (
    patterns.length === parts.length && patterns.every((part, index) => matches(part, parts[index] ?? ''))
  );
}

/** `arn`, partition, service, region, account, resource. */
function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), ...(parts.length > 5 ? [parts.slice(5).join(':')] : [])];
}
