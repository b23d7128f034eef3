import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  AssetHashType,
  DockerImage,
  type Duration,
  RemovalPolicy,
  type Size,
  Validations,
} from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface PipelineFunctionProps {
  readonly description: string;
  /** Folder below `functions/` with a `handler.ts`. */
  readonly folder: string;
  /** Exactly the names that the handler reads. */
  readonly environment: Record<string, string>;
  readonly memory: Size;
  readonly timeout: Duration;
}

/** A function of the pipeline: bundled by esbuild without Docker, with its own role and its own log group. */
export class PipelineFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Its own role rather than AWS's managed policy, which would let it write to every log group.
    const role = new Role(scope, `${id}Role`, {
      description: props.description,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    super(scope, id, {
      role,
      logGroup,
      description: props.description,
      code: bundle(props.folder),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memory.toMebibytes(),
      timeout: props.timeout,
      environment: props.environment,
      tracing: Tracing.ACTIVE,
      loggingFormat: LoggingFormat.JSON,
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'X-Ray has no resources to name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html',
    });
  }
}

/**
 * A function's code in one file, index.mjs. `NodejsFunction` would do the same with esbuild's command line, which takes
 * no plugins; they spare a cold start a third of the time that loading takes.
 */
function bundle(folder: string): Code {
  const source = join(import.meta.dirname, '../functions', folder);
  return Code.fromAsset(source, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('never-pulled'), // The CDK asks for one, though the bundling below never gives up.
      local: {
        tryBundle(outputDirectory) {
          const bundler = join(import.meta.dirname, 'bundle.ts');
          const files = [join(source, 'handler.ts'), join(outputDirectory, 'index.mjs')];
          execFileSync(process.execPath, [bundler, ...files], { stdio: ['ignore', 'ignore', 'inherit'] });
          return true;
        },
      },
    },
  });
}
