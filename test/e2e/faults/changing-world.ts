import type { ApiCall } from '../../../local/aws/api-call.ts';
import type { RequestFault } from '../../../local/aws/request-faults.ts';
import type { Faults } from '../../../local/faults/faults.ts';
import type { Stage } from './stage.ts';
import type { RawObject } from './traffic.ts';

/** Raw objects that become their next version when the request comes that is their moment, or at last when none came. */
export class ChangingWorld {
  readonly #stage: Stage;
  readonly #objects: readonly RawObject[];
  /** How many versions of an object there have been. */
  readonly #shown = new Map<RawObject, number>();
  readonly #asked = new Map<string, number>();

  constructor(stage: Stage, objects: readonly RawObject[]) {
    this.#stage = stage;
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

  /** @param twins whether a message of an object that changes may be in work twice */
  with(faults: Faults, { twins }: { readonly twins: boolean }): Faults {
    return {
      ...faults,
      request: (call, actions) => {
        const object = this.#objects.find(({ key, curatedKey: curated }) =>
          [key, curated].includes(call.key ?? ''),
        );
        // Dropping and removing is ours.
        if (object && call.bucket === 'raw' && !['GetObject', 'HeadObject'].includes(call.action))
          return undefined;
        const drawn = faults.request?.(call, actions);
        if (!object || object.versions.length === 1) return drawn;
        return this.#withChange(call, object, twins ? this.#mended(call, drawn) : drawn);
      },
      delivery: (message) => {
        const again = faults.delivery?.(message);
        const changes = this.#objects.some(
          ({ key, versions }) => versions.length > 1 && decoded(message.Body).includes(`"${key}"`),
        );
        return changes && !twins && again === 'while-working' ? undefined : again;
      },
      invocation: (name, ...asked) =>
        name === 'reconcile-function' ? undefined : faults.invocation?.(name, ...asked),
    };
  }

  /** Only what the SDK's own tries get over: where two work on one message, none of them may fail. */
  #mended(call: ApiCall, fault: RequestFault | undefined): RequestFault | undefined {
    const name = `${call.action} ${call.key}`;
    const time = (this.#asked.get(name) ?? 0) + 1;
    if (fault) this.#asked.set(name, time);
    return fault?.answer?.status === 403 || time > 1 ? undefined : fault;
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
    if (version) await this.#stage.put(object.key, version);
    else await this.#stage.remove(object.key);
  }

  #shownOf(object: RawObject): number {
    return this.#shown.get(object) ?? 0;
  }
}

function decoded(body = ''): string {
  return decodeURIComponent(body.replaceAll('+', ' '));
}
