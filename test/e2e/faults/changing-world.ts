import type { ApiCall } from '../../../local/aws/api-call.ts';
import type { RequestFault } from '../../../local/aws/request-faults.ts';
import type { Faults } from '../../../local/faults/faults.ts';
import type { Stack } from '../../stack.ts';
import type { RawObject } from './traffic.ts';

/** Raw objects that become their next version when the request comes that is their moment, or at last when none came. */
export class ChangingWorld {
  readonly #stack: Stack;
  readonly #objects: readonly RawObject[];
  /** How many versions of an object there have been. */
  readonly #shown = new Map<RawObject, number>();

  constructor(stack: Stack, objects: readonly RawObject[]) {
    this.#stack = stack;
    this.#objects = objects;
  }

  async begin(): Promise<void> {
    await Promise.all(this.#objects.map((object) => this.#showNext(object)));
  }

  /** @returns false when every object is what it is to be in the end */
  async changeNext(): Promise<boolean> {
    const next = this.#objects.find((object) => this.#shownOf(object) < object.versions.length);
    if (next) await this.#showNext(next);
    return next !== undefined;
  }

  with(faults: Faults): Faults {
    return {
      ...faults,
      request: (call, actions) => {
        const object = this.#objects.find(({ keys, curatedKey }) =>
          [...keys, curatedKey].includes(call.key ?? ''),
        );
        // Dropping and removing is ours.
        if (object && call.bucket === 'raw' && ['PutObject', 'DeleteObject'].includes(call.action))
          return undefined;
        const drawn = faults.request?.(call, actions);
        return object && object.versions.length > 1 ? this.#withChange(call, object, drawn) : drawn;
      },
      invocation: (name, ...asked) =>
        name === 'reconcile-function' ? undefined : faults.invocation?.(name, ...asked),
    };
  }

  #withChange(call: ApiCall, object: RawObject, fault: RequestFault = {}): RequestFault {
    const { action, when } = object.change;
    // The first version is there before its event is, and so before its first request.
    const next = this.#shownOf(object);
    if (call.action !== action || next >= object.versions.length) return fault;
    const change = () => (this.#shownOf(object) === next ? this.#showNext(object) : undefined);
    return {
      ...fault,
      [when]: async () => {
        await change();
        await fault[when]?.();
      },
    };
  }

  async #showNext(object: RawObject): Promise<void> {
    const at = this.#shownOf(object);
    this.#shown.set(object, at + 1);
    const version = object.versions[at];
    if (version) await this.#stack.put(object.key, version.body, version.metadata);
    else await this.#stack.remove(object.key);
  }

  #shownOf(object: RawObject): number {
    return this.#shown.get(object) ?? 0;
  }
}
