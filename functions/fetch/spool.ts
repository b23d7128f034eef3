import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Keeps the lines of a run in a temporary file, so that memory does not grow with them. */
export class Spool {
  readonly #file: FileHandle;
  readonly #lines = new Map<number, { readonly position: number; readonly length: number }>();
  #end = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The file is unlinked while open, so nothing is left of it however the process ends. */
  static async open(): Promise<Spool> {
    const path = join(tmpdir(), `fetch-${randomUUID()}`);
    const file = await open(path, 'wx+', 0o600);
    await unlink(path);
    return new Spool(file);
  }

  /** @returns false when the disk is full */
  async add(place: number, line: Uint8Array): Promise<boolean> {
    const before = this.#lines.get(place);
    const isFitting = before !== undefined && before.length >= line.length;
    const position = isFitting ? before.position : this.#end;
    if (!isFitting) this.#end += line.length;
    if (!(await this.#write(line, position))) return false;
    this.#lines.set(place, { position, length: line.length });
    return true;
  }

  async #write(line: Uint8Array, position: number): Promise<boolean> {
    try {
      const { bytesWritten } = await this.#file.write(line, 0, line.length, position);
      return bytesWritten === line.length;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
      throw error;
    }
  }

  get places(): number[] {
    return [...this.#lines.keys()];
  }

  async *lines(places: Iterable<number>): AsyncGenerator<Uint8Array> {
    for (const place of places) {
      const { position, length } = this.#lines.get(place) ?? { position: 0, length: 0 };
      const line = Buffer.alloc(length + 1, '\n');
      await this.#file.read(line, 0, length, position);
      yield line;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
