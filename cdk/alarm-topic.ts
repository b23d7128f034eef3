import { CfnCondition, CfnParameter, Duration, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnSubscription, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

/**
 * The topic that every alarm of this stack publishes to. Only CloudWatch may publish, for alarms of this account, and
 * the topic itself lets nobody subscribe. The address in `emailParam` first gets a mail that asks to confirm.
 */
export class AlarmTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const stack = Stack.of(this);

    // A key of our own: CloudWatch cannot publish to a topic under AWS's managed one.
    const key = new Key(this, 'Key', {
      description: `Encrypts the alarms of ${stack.stackName} on their way through SNS.`,
      enableKeyRotation: true,
      pendingWindow: Duration.days(7),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const cloudWatchHere = {
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    };
    key.addToResourcePolicy(
      new PolicyStatement({
        ...cloudWatchHere,
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'], // In a key's own policy this is the key.
      }),
    );

    this.topic = new Topic(this, 'Topic', { masterKey: key, enforceSSL: true });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        ...cloudWatchHere,
        sid: 'AlarmsOfThisAccount',
        effect: Effect.ALLOW,
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
      }),
    );

    // On the stack and under its plain name: `cdk deploy --parameters emailParam=you@example.com`.
    const email = new CfnParameter(stack, 'emailParam', {
      type: 'String',
      default: '',
      allowedPattern: '^$|^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$',
      constraintDescription: 'Expected an e-mail address; leave it empty for no e-mail.',
      description: 'Address that gets the alarms; leave it empty for no e-mail.',
    });
    const given = new CfnCondition(this, 'EmailGiven', {
      expression: Fn.conditionNot(Fn.conditionEquals(email.valueAsString, '')),
    });
    const subscription = new CfnSubscription(this, 'Email', {
      topicArn: this.topic.topicArn,
      protocol: 'email',
      endpoint: email.valueAsString,
    });
    subscription.cfnOptions.condition = given;
  }
}
