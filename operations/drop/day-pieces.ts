import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Day } from '../../shared/keys.ts';

/** Bytes that are held before they are written: of many days, each has a part. */
const maxHeldBytes = 8 * 1024 * 1024;

/** Records by day, each day's as a JSON array in a file of its own, since a record may have line breaks in it. */
export class DayPieces {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tdf-drop-'));
  readonly #begun = new Set<Day>();
  readonly #held = new Map<Day, Buffer[]>();
  #heldBytes = 0;

  add(day: Day, record: Uint8Array): void {
    const held = this.#held.get(day) ?? [];
    this.#held.set(day, held);
    held.push(Buffer.from(this.#begun.has(day) ? ',\n' : '[\n'), Buffer.from(record));
    this.#begun.add(day);
    this.#heldBytes += record.length;
    if (this.#heldBytes > maxHeldBytes) this.#write();
  }

  /** The files, complete; by day. */
  end(): [day: Day, file: string][] {
    this.#write();
    const days = [...this.#begun].sort();
    for (const day of days) appendFileSync(this.#file(day), '\n]\n');
    return days.map((day) => [day, this.#file(day)]);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #write(): void {
    for (const [day, pieces] of this.#held) appendFileSync(this.#file(day), Buffer.concat(pieces));
    this.#held.clear();
    this.#heldBytes = 0;
  }

  #file(day: Day): string {
    return join(this.#folder, day);
  }
}
