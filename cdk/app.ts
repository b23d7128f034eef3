import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { callsPerMonth } from './calls-per-month.ts';
import { type Config, parseConfig } from './config.ts';
import { PipelineStack } from './pipeline-stack.ts';

const app = new App();
// `-c stage=prod` deploys another copy beside this one, from the same cdk.json.
const typed = ['stage', 'tables'].flatMap((name) => {
  const value = app.node.tryGetContext(name) as unknown;
  return value === undefined ? [] : [[name, value]];
});
const config = readConfig({ ...app.node.tryGetContext('tdf'), ...Object.fromEntries(typed) });

// Not an annotation: beside one that warns, the CDK does not print one that informs.
console.error(callsPerMonth(config).text);

Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
new PipelineStack(app, 'TdfWeather', {
  stackName: `TdfWeather-${config.stage}`,
  description: 'Weather from WeatherAPI.com: raw JSON, and Parquet tables by day, on S3.',
  config,
});

/** Prints the problems without a stack trace, which would not help whoever wrote cdk.json. */
function readConfig(context: unknown): Config {
  try {
    return parseConfig(context);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
