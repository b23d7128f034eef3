import type { Need } from './access.ts';

/**
 * The smallest part of a policy: one action on one resource. A statement with two actions on two resources is four of
 * them, which means the same and can be taken away one by one.
 */
export interface Permission {
  /** The role, or the queue, whose policy it is of. */
  readonly holder: string;
  readonly effect: 'Allow' | 'Deny';
  /** `s3:GetObject`; may have wildcards. */
  readonly action: string;
  /** An ARN, may have wildcards; or `*`. */
  readonly resource: string;
  readonly conditions: readonly Condition[];
  /** In a resource's policy: the service that it is for, or `*`. */
  readonly service?: string;
}

/** The elements of a statement, as far as the stack uses them. `NotAction` and its like are not among them. */
const elements = ['Sid', 'Effect', 'Action', 'Resource', 'Condition'];

/**
 * The permissions of a policy document whose references are resolved.
 * @param kind whether it belongs to a role, or to a resource, whose statements name their principals
 * @throws {Error} for whatever is not known here: to ignore it could allow what AWS denies
 */
export function permissionsOf(
  document: unknown,
  { holder, kind }: { holder: string; kind: 'role' | 'resource' },
): Permission[] {
  const { Version, Statement, ...others } = record(document, `The policy of ${holder}`);
  if (Version !== '2012-10-17') {
    throw new Error(`The policy of ${holder}: expected version 2012-10-17, not ${JSON.stringify(Version)}.`);
  }
  refuseUnknown(others, `The policy of ${holder}`);
  return [Statement].flat().flatMap((statement, index) => {
    const where = `Statement ${index + 1} in the policy of ${holder}`;
    return statementPermissions(record(statement, where), { holder, kind, where });
  });
}

/** As a person names it: `fetch-function-role: s3:PutObject on arn:aws:s3:::raw/…`. */
export function permissionName({ holder, effect, action, resource, conditions }: Permission): string {
  const when = conditions.map(({ key, values }) => ` when ${key} is ${values.join(' or ')}`).join('');
  return `${holder}: ${effect === 'Deny' ? 'not ' : ''}${action} on ${resource}${when}`;
}

export function covers(permission: Permission, { action, resource, context = {} }: Need): boolean {
  return (
    matchesAction(permission.action, action) &&
    matchesArn(permission.resource, resource) &&
    conditionsHold(permission.conditions, context)
  );
}

function statementPermissions(
  statement: Record<string, unknown>,
  { holder, kind, where }: { holder: string; kind: 'role' | 'resource'; where: string },
): Permission[] {
  const { Principal, ...rest } = statement;
  refuseUnknown(
    Object.fromEntries(
      Object.entries(kind === 'role' ? statement : rest).filter(([element]) => !elements.includes(element)),
    ),
    where,
  );
  const { Effect, Action, Resource, Condition = {} } = rest;
  if (Effect !== 'Allow' && Effect !== 'Deny') {
    throw new Error(`${where}: expected the effect Allow or Deny, not ${JSON.stringify(Effect)}.`);
  }
  const conditions = parseConditions(Condition, where);
  const services = kind === 'role' ? [undefined] : servicesOf(Principal, where);
  return services.flatMap((service) =>
    texts(Action, `${where}: Action`).flatMap((action) =>
      texts(Resource, `${where}: Resource`).map((resource) => ({
        holder,
        effect: Effect,
        action,
        resource,
        conditions,
        ...(service === undefined ? {} : { service }),
      })),
    ),
  );
}

/** Everybody, or services by name. */
function servicesOf(principal: unknown, where: string): string[] {
  if (principal === '*') return ['*'];
  const { Service, AWS, ...others } = record(principal, `${where}: Principal`);
  refuseUnknown(others, `${where}: Principal`);
  if (AWS !== undefined && AWS !== '*') {
    throw new Error(`${where}: expected the principal *, or a service, not ${JSON.stringify(AWS)}.`);
  }
  return [...(AWS === undefined ? [] : ['*']), ...(Service === undefined ? [] : texts(Service, where))];
}

function texts(value: unknown, where: string): string[] {
  return [value].flat().map((text) => {
    // A policy variable would be matched as it stands.
    if (typeof text === 'string' && !text.includes('${')) return text;
    throw new Error(`${where}: expected plain text, not ${JSON.stringify(text)}.`);
  });
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error(`${where}: expected an object, not ${JSON.stringify(value)}.`);
}

function refuseUnknown(unknown: Record<string, unknown>, where: string): void {
  const names = Object.keys(unknown);
  if (names.length > 0) {
    throw new Error(`${where} has what local/iam/policy.ts does not know: ${names.join(', ')}`);
  }
}

/** Condition keys with what the request says of them: `{ 's3:prefix': 'weatherapi/current/' }`. */
export type RequestContext = Readonly<Record<string, string>>;

/** One line of a statement's `Condition`: it holds when one of the values fits. */
export interface Condition {
  readonly operator: keyof typeof operators;
  readonly key: string;
  readonly values: readonly string[];
}

/** Those that the stack's policies use. A key that the request does not have fits none of them. */
const operators = {
  StringEquals: (value: string, given: string) => value === given,
  ArnLike: matchesArn,
  Bool: (value: string, given: string) => value.toLowerCase() === given.toLowerCase(),
} as const;

/** @throws {Error} for an operator, or a form, that is not known here */
export function parseConditions(block: unknown, where: string): Condition[] {
  return entriesOf(block, where).flatMap(([operator, keys]) => {
    if (!Object.hasOwn(operators, operator)) {
      throw new Error(
        `${where}: expected a condition with ${Object.keys(operators).join(', ')}, not ${operator} (see local/iam/policy.ts).`,
      );
    }
    return entriesOf(keys, where).map(([key, value]) => ({
      operator: operator as Condition['operator'],
      key: key.toLowerCase(),
      values: [value].flat().map(String),
    }));
  });
}

/** Every condition has to hold. */
export function conditionsHold(conditions: readonly Condition[], context: RequestContext): boolean {
  const given = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  return conditions.every(({ operator, key, values }) => {
    const actual = given.get(key);
    return actual !== undefined && values.some((value) => operators[operator](value, actual));
  });
}

function entriesOf(value: unknown, where: string): [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw new Error(`${where}: expected a condition's object, not ${JSON.stringify(value)}.`);
}

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
