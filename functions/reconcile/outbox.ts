import { batchSize } from '../../shared/send-messages.ts';

/** Sends messages in batches, up to a limit. */
export class Outbox {
  readonly #send: ((bodies: readonly string[]) => Promise<void>) | undefined;
  readonly #limit: number;
  readonly #waiting: string[] = [];
  /** Messages that were sent. */
  sent = 0;

  /** @param send takes a batch; undefined to send nothing */
  constructor(send: ((bodies: readonly string[]) => Promise<void>) | undefined, limit: number) {
    this.#send = send;
    this.#limit = limit;
  }

  async add(body: string): Promise<void> {
    if (!this.#send || this.sent + this.#waiting.length >= this.#limit) return;
    this.#waiting.push(body);
    if (this.#waiting.length === batchSize) await this.flush();
  }

  async flush(): Promise<void> {
    const batch = this.#waiting.splice(0);
    if (batch.length > 0) await this.#send?.(batch);
    this.sent += batch.length;
  }
}
