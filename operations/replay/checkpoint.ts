import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How far a replay has come. */
export interface Progress {
  /** Everything up to this key was sent. */
  readonly lastKey: string;
  /** Messages, over all runs. */
  readonly sent: number;
}

/** Where commands keep what they have to remember: the same one, wherever in the project they are typed. */
const directory = fileURLToPath(new URL('../../.tdf', import.meta.url));

/**
 * What a replay remembers between two runs, in a file. A process that is killed between sending a batch and saving
 * sends that batch again: convert makes the same of it.
 */
export class Checkpoint {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** One for each deployment and selection. */
  static of(what: unknown): Checkpoint {
    const hash = createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16);
    return new Checkpoint(join(directory, `replay-${hash}.json`));
  }

  /** @throws {Error} that says what to do, when the file holds something else */
  read(): Progress | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      const { lastKey, sent } = JSON.parse(text) as Partial<Progress>;
      if (typeof lastKey === 'string' && typeof sent === 'number') return { lastKey, sent };
    } catch {} // Reported below, as any other content.
    throw new Error(`${this.path} is not a checkpoint of a replay. Begin anew with --restart.`);
  }

  /** The file is whole at any moment: a new one takes the old one's place. */
  save(progress: Progress): void {
    mkdirSync(dirname(this.path), { recursive: true });
    const unfinished = `${this.path}.${process.pid}`;
    writeFileSync(unfinished, JSON.stringify(progress));
    renameSync(unfinished, this.path);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
