import { resolve } from './intrinsics.ts';

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
