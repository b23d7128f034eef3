import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { covers, type Permission, permissionName } from '../../local/iam/policy.ts';
import { readTemplate, type Template } from '../../local/template.ts';
import type { Dataset } from '../../shared/dataset.ts';
import { datasetNames, datasets } from '../../shared/datasets.ts';
import { assemblyDirectory } from '../assembly.ts';
import { landAnHourAgo } from '../cli/state.ts';
import { hour, type Stack, startStack } from '../stack.ts';
import {
  type Act,
  breakOff,
  compactAct,
  convertAct,
  fetchAct,
  lostKeys,
  reconcileAct,
  response,
  uploadAct,
} from './acts.ts';

const noTraces = 'The local runtime sends no traces: X-Ray does not show anything of this computer.';
const destination =
  "The CDK's SqsDestination grants S3 more than to send. Only S3 itself gets it, for this bucket's events.";

/** Permissions that no scenario can show the need of, each with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['fetch', 'convert', 'compact', 'reconcile'].flatMap((name) =>
      ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'].map((action) => [
        `${name}-function-role: ${action} on *`,
        noTraces,
      ]),
    ),
  ),
  ...Object.fromEntries(
    (
      [
        ['convert-queue', 'raw'],
        ['compact-queue', 'curated'],
      ] as const
    ).flatMap(([queue, bucket]) =>
      ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'].map((action) => [
        `${queue}: ${action} on arn:aws:sqs:us-east-1:000000000000:${queue} when aws:sourcearn is arn:aws:s3:::${bucket}`,
        destination,
      ]),
    ),
  ),
};

/** How the scenario ended without one permission. */
interface Removal {
  readonly name: string;
  /** Whether something was denied that the permission would have allowed. */
  readonly denied: boolean;
  readonly missing: readonly string[];
}

/** Acts in which the holders named by them do all that they ever do. */
const acts: Readonly<Record<string, Act>> = {
  fetch: fetchAct,
  convert: convertAct,
  compact: compactAct,
  upload: uploadAct,
  reconcile: reconcileAct,
};
const actOf = ({ holder, action }: Permission) =>
  action === 's3:AbortMultipartUpload' ? 'upload' : (holder.split('-', 1)[0] ?? '');

/** The dataset that the permission is for; the first one, when it is for all. */
function datasetOf(permission: Permission): string {
  const text = permissionName(permission);
  const isNamed = ({ name, tables }: Dataset) =>
    [name, ...tables.map((table) => table.name)].some((prefix) => text.includes(`/${prefix}/`)) ||
    text.startsWith(`fetch-schedule-${name.replaceAll('/', '-')}-`);
  return (datasets.find(isNamed) ?? datasets[0])?.name ?? '';
}

let template: Template;
const stacks: Stack[] = [];
let complete: string[][];
let restored: string[][];
let used: Permission[];
let permissions: readonly Permission[];
let removals: Removal[];

beforeAll(async () => {
  template = await readTemplate(assemblyDirectory());
  // Two at the same time: a reconciliation mostly waits for dead letters.
  const runs = await Promise.all(
    [
      ['fetch', 'convert', 'upload'],
      ['reconcile', 'compact'],
    ].map(takeAwayEach),
  );
  complete = runs.flatMap((run) => run.complete);
  restored = runs.flatMap((run) => run.restored);
  removals = runs.flatMap((run) => run.removals);
  used = runs.flatMap((run) => run.used);
  permissions = stacks[0]?.runtime.access.permissions ?? [];
}, 300_000);
afterAll(() => Promise.all(stacks.map((stack) => stack.close())));

/** Plays the acts with all permissions, then with each one taken away, then with all of them again. */
async function takeAwayEach(names: readonly string[]) {
  const stack = await startStack({
    // No event can be on its way any more when reconcile looks.
    clocks: { 'reconcile-function': hour },
    prepare: (stateDir) =>
      landAnHourAgo(stateDir, Object.fromEntries(lostKeys.map((key) => [key, response]))),
  });
  stack.faults = breakOff();
  stacks.push(stack);
  const { access } = stack.runtime;
  let round = 0;
  const play = async (name: string, datasets = datasetNames) => {
    round += 1;
    return (await acts[name]?.(stack, round, datasets)) ?? [`there is no act "${name}"`];
  };
  const playAll = async () => {
    const missing: string[][] = [];
    for (const name of names) missing.push(await play(name));
    return missing;
  };

  const complete = await playAll();
  const used = access.permissions.filter(
    (permission) => names.includes(actOf(permission)) && access.usesOf(permission) > 0,
  );
  const removals: Removal[] = [];
  for (const permission of access.permissions) {
    const name = permissionName(permission);
    const act = actOf(permission);
    if (!names.includes(act) || permission.effect === 'Deny' || name in exceptions) continue;
    const before = access.denials.length;
    const missing = await access.without(permission, () => play(act, [datasetOf(permission)]));
    const denied = access.denials.slice(before).some((denial) => covers(permission, denial));
    removals.push({ name, denied, missing });
  }
  return { complete, used, removals, restored: await playAll() };
}

const names = (of: readonly Permission[]) => of.map(permissionName).sort();
const allowing = () => permissions.filter(({ effect }) => effect === 'Allow');

describe('the permissions in the template', () => {
  test('are all known: as many as there are actions on resources in the statements', () => {
    const roles = template.resources.flatMap(({ type, properties }) => {
      const { Role, Target } = properties as { Role?: unknown; Target?: { RoleArn: unknown } };
      return type === 'AWS::Lambda::Function' || type === 'AWS::Scheduler::Schedule'
        ? [JSON.stringify(Role ?? Target?.RoleArn)]
        : [];
    });
    const count = template.resources
      .filter(({ type, properties }) => {
        if (type === 'AWS::SQS::QueuePolicy') return true;
        if (type !== 'AWS::IAM::Policy') return false;
        return (properties.Roles as { Ref: string }[]).some(({ Ref }) =>
          roles.includes(JSON.stringify({ 'Fn::GetAtt': [Ref, 'Arn'] })),
        );
      })
      .flatMap(({ properties }) => (properties.PolicyDocument as { Statement: object[] }).Statement)
      .map((statement) => statement as { Effect: string; Action: unknown; Resource: unknown })
      .filter(({ Effect }) => Effect === 'Allow')
      .reduce((sum, { Action, Resource }) => sum + [Action].flat().length * [Resource].flat().length, 0);

    // One role of CloudFormation's own, which sets the notifications up, has one action on two buckets.
    expect(allowing()).toHaveLength(count - 2);
    expect(new Set(names(permissions)).size).toBe(permissions.length);
  });

  test('are enough: with all of them, the scenario has nothing to miss [permissions]', () => {
    expect(complete).toEqual([[], [], [], [], []]);
  });

  test('are all used by the scenario, but for the exceptions', () => {
    const unused = names(
      allowing().filter((permission) => !names(used).includes(permissionName(permission))),
    );
    expect(unused).toEqual(Object.keys(exceptions).sort());
  });

  test('are all needed: without any single one, somebody misses something [permissions]', () => {
    expect(removals.map(({ name }) => name).sort()).toEqual(
      names(allowing()).filter((name) => !(name in exceptions)),
    );
    expect(removals.filter(({ denied, missing }) => !denied || missing.length === 0)).toEqual([]);
  });

  test('work again once they are given back', () => {
    expect(restored).toEqual([[], [], [], [], []]);
  });
});
