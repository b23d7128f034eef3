/** A metric, by its id in the alarm, and what stands in for a period without data. */
interface Term {
  readonly id: string;
  readonly fill: number;
}

/** A metric-math expression of the one form that the stack uses: `FILL(a, 0) + FILL(b, 0) + …`. */
export class Expression {
  readonly text: string;
  readonly #terms: readonly Term[];

  /** @throws {Error} for any other form, and for an id that the alarm does not define */
  constructor(text: string, ids: readonly string[]) {
    this.text = text;
    this.#terms = text.split('+').map((part) => {
      const [, id, fill] = /^\s*FILL\(\s*([a-z]\w*)\s*,\s*(\d+(?:\.\d+)?)\s*\)\s*$/.exec(part) ?? [];
      if (id === undefined) {
        throw new Error(`The local runtime knows sums of FILL(metric, number), not "${text}".`);
      }
      if (!ids.includes(id)) throw new Error(`"${text}" names ${id}, but the alarm has: ${ids.join(', ')}.`);
      return { id, fill: Number(fill) };
    });
  }

  /** @param value a metric's value in one period, undefined without data */
  evaluate(value: (id: string) => number | undefined): number {
    return this.#terms.reduce((sum, { id, fill }) => sum + (value(id) ?? fill), 0);
  }
}
