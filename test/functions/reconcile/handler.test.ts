import { readFileSync } from 'node:fs';
import { appendFile, mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Convert } from '../../../cdk/convert.ts';
import { DataBucket } from '../../../cdk/data-bucket.ts';
import { Reconcile } from '../../../cdk/reconcile.ts';
import { type Runtime, startRuntime } from '../../../local/runtime.ts';
import { readTemplate, type Template } from '../../../local/template.ts';
import { reconcileEnv } from '../../../shared/env.ts';
import { landUnnoticed } from '../../cli/state.ts';

const raw = (name: string) => `weatherapi/current/dt=2026-11-22/${name}.json`;
const response = JSON.stringify({
  location: { name: 'Oslo' },
  current: { last_updated_epoch: 1_795_323_600 },
});

let directory: string;
let template: Template;

/** Only what reconcile stands between, synthesized with its bundles. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reconcile-handler-'));
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
  const app = new App({
    outdir: join(directory, 'assembly'),
    context: { ...context, 'aws:cdk:enable-path-metadata': true },
  });
  const stack = new Stack(app, 'Test');
  const buckets = {
    raw: new DataBucket(stack, 'Raw', { retain: false }),
    curated: new DataBucket(stack, 'Curated', { retain: false }),
  };
  const { queue, deadLetters } = new Convert(stack, 'Convert', { stage: 'test', ...buckets });
  new Reconcile(stack, 'Reconcile', { stage: 'test', ...buckets, queue, deadLetters });
  new CfnOutput(stack, 'DeadLettersUrl', { value: deadLetters.queueUrl });
  app.synth();
  template = await readTemplate(join(directory, 'assembly'));
}, 60_000);
afterAll(() => rm(directory, { recursive: true }));

const propertiesOf = (type: string, path: string) => {
  const found = template.resources.filter(
    (resource) => resource.type === type && resource.path.includes(path),
  );
  expect(found).toHaveLength(1);
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties are read in many shapes
  return found[0]?.properties as any;
};

describe('the reconcile function', () => {
  test('gets exactly the variables that it reads', () => {
    const { Environment } = propertiesOf('AWS::Lambda::Function', 'Reconcile/Function');
    expect(Object.keys(Environment.Variables).sort()).toEqual([...reconcileEnv].sort());
  });

  test('may list the datasets, look at curated objects, send to the queue, look into the dead-letter queue, log and trace; nothing else', () => {
    const { PolicyDocument } = propertiesOf('AWS::IAM::Policy', 'Reconcile/FunctionRole');
    const statements: { Action: string | string[] }[] = PolicyDocument.Statement;
    const serviceOf = ({ Action }: { Action: string | string[] }) => String(Action).split(':', 1)[0];
    const id = (path: string) =>
      template.resources.find((resource) => resource.path === `Test/${path}/Resource`)?.logicalId;
    const arn = (path: string) => ({ 'Fn::GetAtt': [id(path), 'Arn'] });

    expect(new Set(statements.map(serviceOf))).toEqual(new Set(['logs', 'xray', 's3', 'sqs']));
    expect(statements.filter((statement) => serviceOf(statement)?.startsWith('s'))).toEqual([
      {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: { 'Fn::Join': ['', [arn('Curated'), '/weatherapi/current/*']] },
      },
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: [arn('Curated'), arn('Raw')],
        Condition: { StringEquals: { 's3:prefix': ['weatherapi/current/'] } },
      },
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arn('Convert/Queue') },
      {
        Effect: 'Allow',
        Action: ['sqs:ChangeMessageVisibility', 'sqs:ReceiveMessage'],
        Resource: arn('Convert/DeadLetters'),
      },
    ]);
  });

  test('is started once a day, in UTC', () => {
    expect(propertiesOf('AWS::Scheduler::Schedule', 'Reconcile')).toMatchObject({
      ScheduleExpression: 'cron(30 3 * * ? *)',
      ScheduleExpressionTimezone: 'Etc/UTC',
      State: 'ENABLED',
    });
  });
});

describe('a day’s run', () => {
  let runtime: Runtime;
  let state: string;

  beforeAll(async () => {
    state = join(directory, 'state');
    const names = ['old', 'old and dead', 'young'];
    await landUnnoticed(state, Object.fromEntries(names.map((name) => [raw(name), response])));
    // A file that somebody has edited is as old as the file system says.
    const hourAgo = new Date(Date.now() - 3_600_000);
    for (const name of ['old', 'old and dead']) {
      const file = join(state, 's3/raw', raw(name));
      await appendFile(file, '\n');
      await utimes(file, hourAgo, hourAgo);
    }
    runtime = await startRuntime({ template, stateDir: state, retryDelay: 0 });
    await runtime.settled();
  });
  afterAll(() => runtime.close());

  test('has converted whatever was lost, and leaves alone what is dead or young', async () => {
    const written: string[] = [];
    runtime.emulator.onObjectCreated(({ key }) => written.push(key));
    runtime.emulator.send(
      runtime.outputs.DeadLettersUrl ?? '',
      JSON.stringify({
        Records: [
          {
            eventName: 'ObjectCreated:Put',
            s3: { bucket: { name: 'raw' }, object: { key: raw('old+and+dead') } },
          },
        ],
      }),
    );

    const invocation = await runtime.runSchedule('reconcile-function', new Date());
    await runtime.settled();

    expect(invocation).toEqual({
      ok: true,
      response: {
        counts: { current: 0, missing: 1, stale: 0, dead: 1, young: 1, orphaned: 0 },
        enqueued: 1,
        left: 0,
        pruned: 0,
        uncompared: 0,
        first: { missing: [raw('old')], stale: [], dead: [raw('old and dead')], orphaned: [] },
      },
    });
    expect(written).toEqual([raw('old').replace('.json', '.parquet')]);
  }, 30_000);

  test('counts in its own stage’s namespace', () => {
    const log = readFileSync(join(state, 'logs', 'reconcile-function.log'), 'utf8');
    const metrics = log.split('\n').find((line) => line.includes('CloudWatchMetrics'));
    expect(JSON.parse(metrics ?? '{}')).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Namespace: 'TdfWeather/test' }] },
      ObjectsMissing: 1,
      ObjectsStale: 0,
      ObjectsDead: 1,
      ObjectsEnqueued: 1,
    });
  });
});
