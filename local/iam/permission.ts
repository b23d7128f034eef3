import { type Condition, conditionsHold, parseConditions } from './condition.ts';
import type { Need } from './need.ts';
import { matchesAction, matchesArn } from './pattern.ts';

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
    throw new Error(`${where} has what local/iam/permission.ts does not know: ${names.join(', ')}`);
  }
}
