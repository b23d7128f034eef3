import { type Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Schedule, ScheduleExpression, type ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import type { PipelineFunction } from './pipeline-function.ts';

export interface FunctionScheduleProps {
  readonly description: string;
  readonly function: PipelineFunction;
  /** `cron(…)` or `rate(…)`, in UTC. */
  readonly expression: string;
  /** @default an event without content */
  readonly input?: ScheduleTargetInput;
  /** How late a start may be. */
  readonly maxEventAge: Duration;
}

/** Starts a function at set times, with a role that can start nothing else. */
export class FunctionSchedule extends Construct {
  readonly scheduleName: string;
  readonly expression: string;

  constructor(scope: Construct, id: string, props: FunctionScheduleProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const role = new Role(this, 'Role', {
      description: props.description,
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [props.function.functionArn],
      }),
    );
    const schedule = new Schedule(this, 'Resource', {
      description: props.description,
      schedule: ScheduleExpression.expression(props.expression),
      target: new LambdaInvoke(props.function, {
        // The target would grant every version of the function, too.
        role: role.withoutPolicyUpdates(),
        // The default, 185 retries within a day, would start runs for hours that have long passed.
        retryAttempts: 3,
        maxEventAge: props.maxEventAge,
        ...(props.input ? { input: props.input } : {}),
      }),
    });
    this.expression = props.expression;
    this.scheduleName = schedule.scheduleName;
  }
}
