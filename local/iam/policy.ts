import * as v from 'valibot';

/** One action on one resource: a statement with two of each is four permissions, which can be taken away one by one. */
export interface Permission {
  /** The role, or the queue, that has the policy. */
  readonly holder: string;
  readonly effect: 'Allow' | 'Deny';
  /** `s3:GetObject`; may have wildcards. */
  readonly action: string;
  /** An ARN, may have wildcards; or `*`. */
  readonly resource: string;
  readonly conditions: readonly Condition[];
  /** In a resource's policy: the service that it is for, or `*`. */
  readonly service?: string | undefined;
}

/** One line of a statement's `Condition`: it holds when one of the values fits. */
interface Condition {
  readonly operator: keyof typeof operators;
  readonly key: string;
  readonly values: readonly string[];
}

/** One thing that the sender of a request must be allowed to do. */
export interface Requirement {
  /** IAM's name, such as `s3:GetObject`. */
  readonly action: string;
  /** An ARN. */
  readonly resource: string;
  /** Condition keys with what the request says of them: `{ 's3:prefix': 'weatherapi/current/' }`. */
  readonly context?: Readonly<Record<string, string>>;
  /** The local runtime does not know what the request requires, so no policy allows it. Says where to add it. */
  readonly unknown?: string;
}

/** Those that the stack's policies use. A key that the request does not have fits none of them. */
const operators = {
  StringEquals: (value: string, given: string) => value === given,
  ArnLike: matchesArn,
  Bool: (value: string, given: string) => value.toLowerCase() === given.toLowerCase(),
} as const;

const oneOrMore = <const T extends v.GenericSchema>(item: T) =>
  v.pipe(
    v.unknown(),
    v.transform((value) => [value].flat()),
    v.array(item),
  );
const texts = oneOrMore(
  v.pipe(
    v.string(),
    v.check((text) => !text.includes('${'), 'A policy variable would be compared as it stands.'),
  ),
);
const conditions = v.pipe(
  v.record(
    v.picklist(Object.keys(operators) as Condition['operator'][]),
    v.record(v.string(), oneOrMore(v.union([v.string(), v.boolean()]))),
  ),
  v.transform((block) =>
    Object.entries(block).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => ({
        operator: operator as Condition['operator'],
        key: key.toLowerCase(),
        values: values.map(String),
      })),
    ),
  ),
);
/** The services that a statement is for. */
const principal = v.union([
  v.pipe(
    v.union([v.literal('*'), v.strictObject({ AWS: v.literal('*') })]),
    v.transform(() => ['*']),
  ),
  v.pipe(
    v.strictObject({ Service: texts }),
    v.transform(({ Service }) => Service),
  ),
]);
/** The elements of a statement, as far as the stack uses them. `NotAction` and its like are not among them. */
const elements = {
  Sid: v.optional(v.string()),
  Effect: v.picklist(['Allow', 'Deny']),
  Action: texts,
  Resource: texts,
  Condition: v.optional(conditions, {}),
};
const policyOf = <const T extends v.GenericSchema>(statement: T) =>
  v.strictObject({ Version: v.literal('2012-10-17'), Statement: oneOrMore(statement) });
const policies = {
  role: policyOf(v.strictObject({ ...elements, Principal: v.optional(v.undefined(), undefined) })),
  resource: policyOf(v.strictObject({ ...elements, Principal: principal })),
};

/**
 * The permissions of a policy document whose references are resolved.
 * @param kind whether it belongs to a role, or to a resource, whose statements name their principals
 * @throws {Error} for whatever is not known here: to ignore it could allow what AWS denies
 */
export function permissionsOf(
  document: unknown,
  { holder, kind }: { holder: string; kind: keyof typeof policies },
): Permission[] {
  const parsed = v.safeParse(policies[kind], document);
  if (!parsed.success) {
    throw new Error(
      `The policy of ${holder} has what local/iam/policy.ts does not know:\n${v.summarize(parsed.issues)}`,
    );
  }
  return parsed.output.Statement.flatMap(({ Effect: effect, Action, Resource, Condition, Principal }) =>
    (Principal ?? [undefined]).flatMap((service) =>
      Action.flatMap((action) =>
        Resource.map((resource) => ({ holder, effect, action, resource, conditions: Condition, service })),
      ),
    ),
  );
}

/** As a person names it: `fetch-function-role: s3:PutObject on arn:aws:s3:::raw/…`. */
export function permissionName({ holder, effect, action, resource, conditions }: Permission): string {
  const when = conditions.map(({ key, values }) => ` when ${key} is ${values.join(' or ')}`).join('');
  return `${holder}: ${effect === 'Deny' ? 'not ' : ''}${action} on ${resource}${when}`;
}

export function covers(permission: Permission, { action, resource, context = {} }: Requirement): boolean {
  const given = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  return (
    // IAM does not mind the case of an action's name.
    matches(permission.action.toLowerCase(), action.toLowerCase()) &&
    matchesArn(permission.resource, resource) &&
    permission.conditions.every(({ operator, key, values }) => {
      const actual = given.get(key);
      return actual !== undefined && values.some((value) => operators[operator](value, actual));
    })
  );
}

/**
 * Whether a text fits a pattern in which `*` stands for any characters and `?` for one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
function matches(pattern: string, text: string): boolean {
  let expression = expressions.get(pattern);
  if (!expression) {
    const source = pattern
      .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    expression = new RegExp(`^${source}$`, 'su');
    expressions.set(pattern, expression);
  }
  return expression.test(text);
}

/** Cached by pattern: policies have few, and each request checks all of them. */
const expressions = new Map<string, RegExp>();

/** A wildcard stays within its part of the ARN; only the last part, the resource's own name, may hold colons. */
function matchesArn(pattern: string, arn: string): boolean {
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
  return parts.length > 6 ? [...parts.slice(0, 5), parts.slice(5).join(':')] : parts;
}
