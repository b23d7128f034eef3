import { setTimeout as delay } from 'node:timers/promises';
import { credentials } from '../../../local/account.ts';
import type { ApiCall } from '../../../local/aws/api-call.ts';
import type { RequestFault } from '../../../local/aws/request-faults.ts';
import type { Faults } from '../../../local/faults/faults.ts';
import type { ChangedBucket, RawContent, Stack } from '../../stack.ts';

/** An object and what it is in turn. */
export interface ChangingObject {
  readonly bucket: ChangedBucket;
  /** That it is put under. */
  readonly key: string;
  /** `undefined`: it was deleted. */
  readonly versions: readonly (RawContent | undefined)[];
  /** It becomes its next version at the first request of this kind for one of these keys or prefixes. */
  readonly change: {
    readonly action: string;
    readonly when: 'before' | 'after';
    readonly of: readonly string[];
    /** Milliseconds that the request then stands still, while others go on. @default 0 */
    readonly pause?: number;
    /** Up to this version, it does so only when all is settled. @default the first */
    readonly from?: number;
  };
}

/** Objects that become their next version when the request comes that is their moment, or at last when none came. */
export class ChangingWorld {
  readonly #stack: Stack;
  readonly #objects: readonly ChangingObject[];
  /** How many versions of an object there have been. */
  readonly #shown = new Map<ChangingObject, number>();

  constructor(stack: Stack, objects: readonly ChangingObject[]) {
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

  /** Faults while the world changes. Nothing hits reconcile, which is to find what they have done. */
  with(faults: Faults): Faults {
    const isSpared = (name = '') => ['reconcile-function', credentials.accessKeyId].includes(name);
    return {
      ...faults,
      request: (call, actions) => {
        if (isSpared(call.caller)) return undefined;
        const drawn = faults.request?.(call, actions);
        return this.#objects.reduce((fault, object) => this.#withChange(call, object, fault), drawn);
      },
      invocation: (name, ...asked) => (isSpared(name) ? undefined : faults.invocation?.(name, ...asked)),
    };
  }

  #withChange(
    { action, prefix = '', key = prefix }: ApiCall,
    object: ChangingObject,
    fault: RequestFault | undefined,
  ): RequestFault | undefined {
    const { change } = object;
    // The first version is there before its event is, and so before its first request.
    const next = this.#shownOf(object);
    const isMoment = action === change.action && change.of.includes(key) && next >= (change.from ?? 1);
    if (!isMoment || next >= object.versions.length) return fault;
    return {
      ...fault,
      [change.when]: async () => {
        if (this.#shownOf(object) !== next) return fault?.[change.when]?.();
        await this.#showNext(object);
        await delay(change.pause ?? 0);
        await fault?.[change.when]?.();
      },
    };
  }

  async #showNext(object: ChangingObject): Promise<void> {
    const { bucket, key, versions } = object;
    const at = this.#shownOf(object);
    this.#shown.set(object, at + 1);
    const version = versions[at];
    if (version) await this.#stack.put(key, version.body, version.metadata, bucket);
    else await this.#stack.remove(key, bucket);
  }

  #shownOf(object: ChangingObject): number {
    return this.#shown.get(object) ?? 0;
  }
}
