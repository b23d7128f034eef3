import type { LetterSelection } from '../../../operations/dead-letters/selection.ts';
import type { Target } from '../../../operations/deployed.ts';

export interface Options extends Target {
  readonly dryRun?: true;
  readonly json?: true;
}

export type SentOptions = Options & { readonly wait: boolean };

export interface SelectionOptions extends Options {
  readonly code?: string;
  readonly key?: string;
  readonly all?: true;
}

export type DropOptions = SelectionOptions & { readonly yes?: true };

export function selectionOf(ids: readonly string[], { code, key }: SelectionOptions): LetterSelection {
  return { ids, code, key };
}
