import type { Reconciliation } from '../../functions/reconcile/reconcile.ts';
import type { Runtime } from '../../local/runtime.ts';
import { counted } from '../counted.ts';
import type { Entry } from './activities.ts';

/** As `cdk/reconcile.ts` names it. */
export const reconcileSchedule = 'reconcile-schedule';

/** Runs reconcile as it is deployed, and tells what it found. */
export async function liveReconcile(
  runtime: Pick<Runtime, 'runSchedule'>,
  at: Date,
  entry: Entry,
): Promise<void> {
  entry.step({ text: 'Comparing raw, curated and compacted.', state: 'waiting' });
  const invocation = await runtime.runSchedule(reconcileSchedule, at);
  if (!invocation.ok) throw new Error(invocation.error.message);
  const { enqueued, counts, days } = invocation.response as Reconciliation;
  const young = counts.young + days.counts.young;
  const sent = `Enqueued ${counted(enqueued, 'object')} and ${counted(days.enqueued, 'day')}.`;
  entry.step({
    text: young === 0 ? sent : `${sent} ${young} may still be on their way, and are left alone.`,
    state: 'good',
  });
}
