import { accountId, region } from './account.ts';

/** What the template's references stand for on this computer: filled while the resources are made, in order. */
export class References {
  readonly #values = new Map<string, unknown>([
    ['AWS::Region.Ref', region],
    ['AWS::AccountId.Ref', accountId],
    ['AWS::Partition.Ref', 'aws'],
    ['AWS::URLSuffix.Ref', 'amazonaws.com'],
  ]);

  /** @param values `Ref`, and the names that `Fn::GetAtt` knows */
  define(logicalId: string, values: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(values)) this.#values.set(`${logicalId}.${name}`, value);
  }

  /**
   * A template value with its intrinsic functions worked out: the few that the CDK writes for this kind of stack.
   * The caller says what CloudFormation's schema makes of it.
   * @throws {Error} for a function or a reference that is not known here
   */
  resolve<T>(value: unknown): T {
    return resolve(value, (logicalId, name) => {
      const found = this.#values.get(`${logicalId}.${name}`);
      if (found !== undefined) return found;
      throw new Error(
        `The template refers to ${name} of ${logicalId}, which the local runtime does not know.`,
      );
    }) as T;
  }
}

type Attribute = (logicalId: string, name: string) => unknown;

function resolve(value: unknown, attribute: Attribute): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, attribute));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))) {
    return call(name, argument, attribute);
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, resolve(item, attribute)]));
}

function call(name: string, argument: unknown, attribute: Attribute): unknown {
  switch (name) {
    case 'Ref':
      return attribute(String(argument), 'Ref');
    case 'Fn::GetAtt': {
      const [logicalId, attributeName] = argument as [string, string];
      return attribute(logicalId, attributeName);
    }
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown];
      if (!Array.isArray(parts)) break;
      return parts.map((part) => String(resolve(part, attribute))).join(separator);
    }
  }
  throw new Error(
    `The template uses ${name}(${JSON.stringify(argument)}), which the local runtime does not know.`,
  );
}
