import type { Flow } from '../../api.ts';

export interface Health {
  readonly kind: 'good' | 'bad' | 'idle';
  /** One sentence, in parts that each lead to the panel where it can be done. */
  readonly parts: readonly { readonly text: string; readonly panel: string }[];
}

/** Whether anyone is needed. */
export function healthOf(flow: Flow | null): Health {
  if (!flow) return { kind: 'idle', parts: [{ text: 'Asks the pipeline how it is', panel: 'flow' }] };
  const needs = flow.needs.map(({ text, panel }) => ({ text: text.replace(/\.$/, ''), panel }));
  if (needs.length > 0) return { kind: 'bad', parts: needs };
  if (flow.isEmpty) return { kind: 'idle', parts: [{ text: 'Waiting for the first run', panel: 'flow' }] };
  return { kind: 'good', parts: [{ text: 'All is well', panel: 'flow' }] };
}
