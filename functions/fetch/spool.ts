import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Lines of places in a temporary file, in the order in which they come: memory does not grow with them. */
export class Spool {
  readonly #file: FileHandle;
  readonly #lines = new Map<number, { readonly position: number; readonly length: number }>();
  #end = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The file has no name once it is open: however the process ends, nothing is left of it. */
  static async open(): Promise<Spool> {
    const path = join(tmpdir(), `fetch-${randomUUID()}`);
    const file = await open(path, 'wx+', 0o600);
    await unlink(path);
    return new Spool(file);
  }

  /** Takes a place's line; a later one replaces it. */
  async add(place: number, line: Uint8Array): Promise<void> {
    const position = this.#end;
    this.#end += line.length;
    const { bytesWritten } = await this.#file.write(line, 0, line.length, position);
    if (bytesWritten < line.length) throw new Error('The temporary disk is full.');
    this.#lines.set(place, { position, length: line.length });
  }

  get places(): number[] {
    return [...this.#lines.keys()];
  }

  /** The lines of some places, each with a line break behind it. */
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
