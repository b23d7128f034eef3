import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';

/** The forms in which a secret can stand in a text, each under its name. */
export function formsOf(secret: string): Record<string, string> {
  const bytes = Buffer.from(secret);
  const base64 = (shift: number) => {
    // Within a longer text, the digits depend on where it begins; the first and the last ones on its neighbours too.
    const whole = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replaceAll('=', '');
    return whole.slice(shift === 0 ? 0 : shift + 1, -1);
  };
  return {
    'as it is': secret,
    'URL-encoded': encodeURIComponent(secret),
    'form-encoded': String(new URLSearchParams({ key: secret })).slice('key='.length),
    'as JSON': JSON.stringify(secret).slice(1, -1),
    'in base64': base64(0),
    'in base64, a byte further': base64(1),
    'in base64, two bytes further': base64(2),
    'in base64url': base64(0).replaceAll('+', '-').replaceAll('/', '_'),
    'in hex': bytes.toString('hex'),
    'in upper-case hex': bytes.toString('hex').toUpperCase(),
    'in UTF-16': bytes.toString('latin1').split('').join('\0'),
    reversed: [...secret].toReversed().join(''),
  };
}

/** What was left somewhere, by where. */
export class Evidence {
  readonly #texts = new Map<string, string[]>();

  /** Keeps a text, or whatever it is with its causes and its hidden properties. */
  add(where: string, what: unknown): void {
    const text =
      typeof what === 'string'
        ? what
        : inspect(what, { depth: null, showHidden: true, maxStringLength: null, maxArrayLength: null });
    this.#texts.set(where, [...(this.#texts.get(where) ?? []), text]);
  }

  /** Keeps the names and the contents of all files below a directory. */
  async addFiles(where: string, directory: string): Promise<void> {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
      const path = join(parentPath, name);
      this.add(where, `${path}\n${await readFile(path, 'latin1')}`);
    }
  }

  of(where: string): string {
    return this.#texts.get(where)?.join('\n') ?? '';
  }

  get places(): string[] {
    return [...this.#texts.keys()];
  }

  /** "the log of fetch: URL-encoded", for each form of each secret that is found anywhere. */
  leaks(secrets: readonly string[]): string[] {
    return this.places.flatMap((where) => {
      const text = this.of(where);
      return secrets.flatMap((secret) =>
        Object.entries(formsOf(secret))
          .filter(([, form]) => text.includes(form))
          .map(([how]) => `${where}: ${how}`),
      );
    });
  }
}
