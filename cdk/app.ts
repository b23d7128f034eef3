import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { parseConfig } from './config.ts';
import { PipelineStack } from './pipeline-stack.ts';

const app = new App();
const stage = app.node.tryGetContext('stage') as unknown;
// `-c stage=prod` deploys another copy beside this one, from the same cdk.json.
const config = parseConfig({ ...app.node.tryGetContext('tdf'), ...(stage === undefined ? {} : { stage }) });

Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
new PipelineStack(app, 'TdfWeather', {
  stackName: `TdfWeather-${config.stage}`,
  description: 'Hourly weather from WeatherAPI.com: raw JSON and curated Parquet on S3.',
  config,
});
