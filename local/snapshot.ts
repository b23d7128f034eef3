import { join, resolve } from 'node:path';
import { credentials, region } from './account.ts';
import type { AlarmReport } from './alarms/evaluate.ts';
import { AlarmWatch } from './alarms/watch.ts';
import { startEmulator } from './aws/emulator.ts';
import { planDeployment } from './deployment-plan.ts';
import { linesIn } from './log-file.ts';
import { References } from './references.ts';
import { createBuckets, createQueues, nameResources, sampleQueues, scheduleBy } from './resources.ts';
import type { Template } from './template.ts';

/** The local pipeline as it is at one moment: nothing runs, and nothing that is done to it stays. */
export interface Snapshot {
  readonly clientConfig: { endpoint: string; region: string; credentials: typeof credentials };
  /** The stack's outputs, such as the names of its buckets. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The event that a schedule sends, as the template has it; its scheduled time is a placeholder. */
  scheduleInput(scheduleName: string): Readonly<Record<string, unknown>>;
  /** What the template's alarms say now, of all that the log files tell. @param since when the pipeline began */
  alarms(since: Date): Promise<AlarmReport[]>;
  close(): Promise<void>;
}

/** Takes no lock, so that it can be had while the pipeline runs. @throws {StateError} when a file is damaged */
export async function takeSnapshot(template: Template, directory: string): Promise<Snapshot> {
  const stateDir = resolve(directory);
  const plan = planDeployment(template);
  const emulator = await startEmulator({ stateDir, region, readOnly: true });
  const references = new References();
  const deploying = { plan, references, emulator };
  createBuckets(deploying);
  const queueUrls = createQueues(deploying);
  nameResources(deploying);
  return {
    clientConfig: { endpoint: emulator.endpoint, region, credentials },
    outputs: references.resolve<Record<string, string>>(template.outputs),
    scheduleInput: (scheduleName) => JSON.parse(scheduleBy(scheduleName, deploying).Input ?? '{}'),
    async alarms(since) {
      const watch = new AlarmWatch(plan.alarms, references, { since });
      for (const { name } of plan.functions)
        for await (const line of linesIn(join(stateDir, 'logs', `${name}.log`))) watch.onLog(line);
      return watch.evaluate(sampleQueues(emulator, queueUrls.keys()));
    },
    close: () => emulator.close(),
  };
}
