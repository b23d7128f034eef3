/** A dead letter. */
export interface Letter {
  readonly key: string | undefined;
  readonly code: string | undefined;
  readonly reason: string | undefined;
  readonly body: string;
}

/** What a faultless run makes of one state of a raw object: the bytes of its curated object, or a dead letter's code. */
export type Faultless =
  | { readonly bytes: Buffer; readonly rows: number }
  | { readonly code: string | undefined };

/** A raw object, and what became of it. */
export interface Fate {
  readonly key: string;
  /** All that it is ever found under. */
  readonly keys: readonly string[];
  readonly curatedKey: string;
  /** What a faultless run makes of each of its states in turn; undefined: it was deleted. */
  readonly faultless: readonly (Faultless | undefined)[];
  /** How often each message about it was handed to convert. */
  readonly deliveries: readonly number[];
}

/** Everything that is there when nothing moves any more. */
export interface Settled {
  readonly curated: ReadonlyMap<string, Buffer>;
  readonly letters: readonly Letter[];
  /** Keys of curated objects whose multipart uploads were neither completed nor aborted. */
  readonly openUploads: readonly string[];
}

/** Of the queues in the stack. */
export const maxReceiveCount = 5;

/**
 * What is wrong after faults. "Converted or dead, never both wrong, never neither" means, for each raw object, of
 * which R is the newest state:
 *
 * 1. R can be converted: its curated object is there with exactly the bytes of a faultless run; or else, a dead letter
 *    is, and the curated object is absent or that of a former state.
 * 2. R can never be converted: a dead letter is there. The curated object is absent or that of a former state.
 * 3. R was deleted: there is nothing to convert. The curated object is absent or that of a former state.
 * 4. A dead letter tells why: with the code that a faultless run gives to one of the object's states; or
 *    `tries-exhausted`; or with nothing, as SQS moves a message by itself when the function was killed at its last try,
 *    or when the dead-letter queue did not take the letter. The last two only for a message that was tried as often as
 *    the queue allows. Such a letter may stand beside a right curated object: a worker wrote it and died before it
 *    could say so, or the object was fixed. It asks for a look, and sending it again writes the same bytes.
 * 5. Nothing else is there: no curated object of no raw object, no part of an upload.
 *
 * Twins of one letter are allowed, since events come at least once.
 */
export function problemsAfterFaults(fates: readonly Fate[], settled: Settled): string[] {
  return [...strangers(fates, settled), ...fates.flatMap((fate) => problemsOf(fate, settled))];
}

/** What is wrong once all letters were sent again, and nothing failed: then each object is in exactly one place. */
export function problemsAfterRedrive(fates: readonly Fate[], settled: Settled): string[] {
  return [
    ...strangers(fates, settled),
    ...fates.flatMap((fate) => {
      const newest = fate.faultless.at(-1);
      const letters = lettersOf(fate, settled);
      const codes = new Set(letters.map(({ code }) => code));
      const problems = problemsOf({ ...fate, deliveries: [] }, settled);
      if (newest && 'bytes' in newest && !isConverted(fate, settled))
        problems.push(`${fate.key}: not converted after its letter was sent again`);
      const expected = newest && 'code' in newest ? [newest.code] : [];
      if ([...codes].join() !== expected.join())
        problems.push(
          `${fate.key}: expected letters [${expected}] after sending them again, got [${[...codes]}]`,
        );
      return problems;
    }),
  ];
}

function problemsOf(fate: Fate, settled: Settled): string[] {
  const { key, curatedKey, faultless } = fate;
  const newest = faultless.at(-1);
  const letters = lettersOf(fate, settled);
  const problems = letters.flatMap((letter) => unaccounted(letter, fate));
  const found = settled.curated.get(curatedKey);
  const isOfAState = faultless.some((state) => state && 'bytes' in state && found?.equals(state.bytes));
  if (found && !isOfAState) problems.push(`${key}: its curated object is that of no state it had`);
  if (newest && !isConverted(fate, settled) && letters.length === 0) {
    const state = found ? 'a former state in curated' : 'nothing in curated';
    problems.push(`${key}: lost, with ${state} and no dead letter`);
  }
  return problems;
}

function isConverted({ curatedKey, faultless }: Fate, { curated }: Settled): boolean {
  const newest = faultless.at(-1);
  return newest !== undefined && 'bytes' in newest && curated.get(curatedKey)?.equals(newest.bytes) === true;
}

function lettersOf({ keys }: Fate, { letters }: Settled): Letter[] {
  return letters.filter(({ key = '' }) => keys.includes(key));
}

function unaccounted({ code, reason }: Letter, { key, faultless, deliveries }: Fate): string[] {
  const isOfAState = faultless.some((state) => state && 'code' in state && state.code === code);
  if (code !== undefined && isOfAState && reason) return [];
  const wasGivenUp =
    code === undefined || (code === 'tries-exhausted' && /^Failed \d+ times/.test(reason ?? ''));
  if (wasGivenUp && deliveries.some((count) => count >= maxReceiveCount)) return [];
  return [`${key}: a dead letter that nothing accounts for: ${code} (${reason})`];
}

function strangers(fates: readonly Fate[], { curated, letters, openUploads }: Settled): string[] {
  const known = new Set(fates.flatMap(({ keys }) => keys));
  const curatedKeys = new Set(fates.map(({ curatedKey }) => curatedKey));
  return [
    ...[...curated.keys()]
      .filter((key) => !curatedKeys.has(key))
      .map((key) => `${key}: curated of no raw object`),
    ...letters
      .filter(({ key = '' }) => !known.has(key))
      .map(({ body }) => `a letter of no raw object: ${body}`),
    ...openUploads.map((key) => `${key}: an upload that was neither completed nor aborted`),
  ];
}
