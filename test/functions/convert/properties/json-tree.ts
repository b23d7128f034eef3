/** JSON with nothing lost: numbers as they were written, and each member of an object, though its name come twice. */
export type JsonTree =
  | { readonly kind: 'literal'; readonly text: 'null' | 'true' | 'false' }
  | { readonly kind: 'number'; readonly source: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'array'; readonly elements: readonly JsonTree[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: JsonTree])[] };

/** Enough to tell 500 levels from 501, and few enough for the stack. */
const maxDepth = 600;

/** The text at a place is not JSON, or is nested deeper than is read here. */
export class NoJson extends Error {}

/** Reads JSON (RFC 8259) value by value: a reader of its own, so that the tests do not ask JSON.parse about JSON.parse. */
export class JsonCursor {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.at === this.text.length;
  }

  /** What matches here; goes on after it. */
  take(pattern: RegExp): string {
    const sticky = new RegExp(pattern, 'y');
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text)?.[0];
    if (found === undefined) throw new NoJson(`${pattern} does not stand at ${this.at}.`);
    this.at += found.length;
    return found;
  }

  value(depth = 0): JsonTree {
    if (depth > maxDepth) throw new NoJson('Too deep.');
    switch (this.text[this.at]) {
      case '{':
        return {
          kind: 'object',
          members: this.#list('{', '}', () => {
            const name = this.#string();
            this.take(/[ \t\r\n]*:[ \t\r\n]*/);
            return [name, this.value(depth + 1)] as const;
          }),
        };
      case '[':
        return { kind: 'array', elements: this.#list('[', ']', () => this.value(depth + 1)) };
      case '"':
        return { kind: 'string', text: this.#string() };
      case 'n':
      case 't':
      case 'f':
        return { kind: 'literal', text: this.take(/null|true|false/) as 'null' | 'true' | 'false' };
      default:
        return { kind: 'number', source: this.take(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/) };
    }
  }

  #list<T>(open: string, close: string, one: () => T): T[] {
    this.take(new RegExp(`\\${open}[ \\t\\r\\n]*`));
    const all: T[] = [];
    if (this.text[this.at] !== close) {
      for (;;) {
        all.push(one());
        this.take(/[ \t\r\n]*/);
        if (this.text[this.at] !== ',') break;
        this.take(/,[ \t\r\n]*/);
      }
    }
    this.take(new RegExp(`\\${close}`));
    return all;
  }

  #string(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these
    const source = this.take(/"(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/);
    return source
      .slice(1, -1)
      .replaceAll(/\\(?:u(....)|(.))/g, (_all, code: string | undefined, letter: string) =>
        code === undefined ? (escapes.get(letter) ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
      );
  }
}

const escapes = new Map(Object.entries({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }));

/** A text with one value in it, and nothing else. */
export function treeOf(text: string): JsonTree {
  const cursor = new JsonCursor(text);
  const tree = cursor.value();
  if (!cursor.atEnd) throw new NoJson('Something follows.');
  return tree;
}

/** Levels of objects and arrays. */
export function depthOf(tree: JsonTree): number {
  const below = childrenOf(tree);
  return below === undefined ? 0 : 1 + below.reduce((most, child) => Math.max(most, depthOf(child)), 0);
}

export function hasNameTwice(tree: JsonTree): boolean {
  const isTwice =
    tree.kind === 'object' && new Set(tree.members.map(([name]) => name)).size < tree.members.length;
  return isTwice || (childrenOf(tree) ?? []).some(hasNameTwice);
}

function childrenOf(tree: JsonTree): readonly JsonTree[] | undefined {
  if (tree.kind === 'array') return tree.elements;
  if (tree.kind === 'object') return tree.members.map(([, value]) => value);
  return undefined;
}

/** One text for all JSON that differs in the order of members alone. */
export function canonical(
  tree: JsonTree,
  spellText = (text: string) => text,
  spellNumber = (source: string) => source,
): string {
  const below = (child: JsonTree) => canonical(child, spellText, spellNumber);
  switch (tree.kind) {
    case 'literal':
      return tree.text;
    case 'number':
      return spellNumber(tree.source);
    case 'string':
      return JSON.stringify(spellText(tree.text));
    case 'array':
      return `[${tree.elements.map(below).join()}]`;
    case 'object':
      return `{${tree.members
        .map(([name, value]) => `${JSON.stringify(spellText(name))}:${below(value)}`)
        .sort()
        .join()}}`;
  }
}

/** The integer that a number is, however it is written; undefined when it is none, or has more than a hundred digits. */
export function integerIn(source: string): bigint | undefined {
  const { sign, digits, power } = decimal(source);
  if (digits === '') return 0n;
  if (power < 0n || power > 100n || digits.length > 100) return undefined;
  return BigInt(sign + digits) * 10n ** power;
}

function decimal(source: string): { sign: string; digits: string; power: bigint } {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]\+?(-?\d+))?$/.exec(source) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  const power = BigInt(exponent) + BigInt(digits.length - significant.length - fraction.length);
  return { sign, digits: significant, power };
}
