import { matchesArn } from './pattern.ts';

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
        `${where}: expected a condition with ${Object.keys(operators).join(', ')}, not ${operator} (see local/iam/condition.ts).`,
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
