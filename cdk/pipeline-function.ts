import { join } from 'node:path';
import { type Duration, RemovalPolicy, type Size, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { bundling } from '../shared/bundling.ts';

const root = join(import.meta.dirname, '..');

export interface PipelineFunctionProps {
  readonly description: string;
  /** Folder below `functions/` with a `handler.ts`. */
  readonly folder: string;
  /** Exactly the names that the handler reads. */
  readonly environment: Record<string, string>;
  readonly memory: Size;
  readonly timeout: Duration;
  /** @default 512 MiB, Lambda's own */
  readonly disk?: Size;
}

/** A function of the pipeline: bundled by esbuild without Docker, with its own role and its own log group. */
export class PipelineFunction extends NodejsFunction {
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
      entry: join(root, 'functions', props.folder, 'handler.ts'),
      depsLockFilePath: join(root, 'package-lock.json'),
      bundling: {
        ...bundling,
        format: OutputFormat.ESM,
        // The SDK comes along: what is deployed is what was tested.
        externalModules: [],
        logLevel: LogLevel.WARNING,
      },
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memory.toMebibytes(),
      timeout: props.timeout,
      ...(props.disk ? { ephemeralStorageSize: props.disk } : {}),
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
