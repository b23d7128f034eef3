/** What the template's references stand for on this computer: filled while the resources are made, in order. */
export class References {
  readonly #values = new Map<string, unknown>();

  /** @param values `Ref`, and the names that `Fn::GetAtt` knows */
  define(logicalId: string, values: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(values)) this.#values.set(`${logicalId}.${name}`, value);
  }

  /** A template value with everything worked out. The caller says what CloudFormation's schema makes of it. */
  resolve<T>(value: unknown): T {
    return resolve(value, (logicalId, attribute) => this.#values.get(`${logicalId}.${attribute}`)) as T;
  }
}

/** What `Ref` (attribute `Ref`) and `Fn::GetAtt` of a resource are here; undefined when there is none. */
export type Attributes = (logicalId: string, attribute: string) => unknown;

/**
 * A template value with its intrinsic functions worked out: the few that the CDK writes for this kind of stack.
 * @throws {Error} for a function or a reference that is not known here
 */
export function resolve(value: unknown, attributes: Attributes): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, attributes));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))) {
    return call(name, argument, attributes);
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, resolve(item, attributes)]));
}

function call(name: string, argument: unknown, attributes: Attributes): unknown {
  const attribute = (logicalId: string, attributeName: string) => {
    const found = attributes(logicalId, attributeName);
    if (found !== undefined) return found;
    throw new Error(
      `The template refers to ${attributeName} of ${logicalId}, which the local runtime does not know.`,
    );
  };
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
      return parts.map((part) => String(resolve(part, attributes))).join(separator);
    }
    case 'Fn::Sub':
      if (typeof argument === 'string') {
        return argument.replaceAll(/\$\{([^}]+)\}/g, (_match, reference: string) => {
          const [logicalId = '', ...rest] = reference.split('.');
          return String(attribute(logicalId, rest.join('.') || 'Ref'));
        });
      }
  }
  throw new Error(
    `The template uses ${name}(${JSON.stringify(argument)}), which the local runtime does not know.`,
  );
}
