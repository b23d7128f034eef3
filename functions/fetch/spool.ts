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

  async add(place: number, line: Uint8Array): Promise<void> {
    const position = this.#end;
    this.#end += line.length;
    const { bytesWritten } = await this.#file.write(line, 0, line.length, position);
    if (bytesWritten < line.length) throw new Error(`The disk of ${tmpdir()} is full.`);
    this.#lines.set(place, { position, length: line.length });
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
