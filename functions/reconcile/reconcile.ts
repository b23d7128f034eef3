import type { Dead } from './dead.ts';
import { type ReconcileDaysOptions, type ReconciledDays, reconcileDays } from './reconcile-days.ts';
import {
  type ReconciledObjects,
  type ReconcileObjectsOptions,
  reconcileObjects,
} from './reconcile-objects.ts';

type Enqueue = ReconcileObjectsOptions['enqueue'];

export interface ReconcileOptions
  extends Omit<ReconcileObjectsOptions, 'enqueue' | 'deadKeys'>,
    Pick<ReconcileDaysOptions, 'compacted'> {
  readonly dead: Dead;
  /** Send up to ten events to a function's queue; undefined to send nothing. */
  readonly enqueue: { readonly convert: Enqueue; readonly compact: Enqueue } | undefined;
}

/** Of raw with curated, and of curated with compacted. */
export interface Reconciliation extends ReconciledObjects {
  readonly days: ReconciledDays;
}

/** Checks both steps, the second one first: what the first one has converted is compacted by its own events. */
export async function reconcile({ dead, enqueue, ...options }: ReconcileOptions): Promise<Reconciliation> {
  const days = await reconcileDays({ ...options, deadDays: dead.days, enqueue: enqueue?.compact });
  const objects = await reconcileObjects({ ...options, deadKeys: dead.keys, enqueue: enqueue?.convert });
  return { ...objects, days };
}
