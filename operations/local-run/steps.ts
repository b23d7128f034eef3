/** A part of a run. */
export interface Step {
  /** What was done, or what failed. */
  readonly text: string;
  readonly ok: boolean;
}

export interface StepListener {
  /** Told what begins, and then how it went, and how many milliseconds it took. */
  readonly onBegin: (doing: string) => void;
  readonly onStep: (step: Step, milliseconds: number) => void;
}

export type Timed = <T>(
  doing: string,
  work: Promise<T>,
  describe: (result: T) => string | Step,
) => Promise<T>;

/** Reports work as a step, once it is done. */
export function timedFor({ onBegin, onStep }: StepListener): Timed {
  return async (doing, work, describe) => {
    const start = performance.now();
    onBegin(doing);
    const result = await work;
    const step = describe(result);
    onStep(typeof step === 'string' ? { text: step, ok: true } : step, performance.now() - start);
    return result;
  };
}
