import { App } from 'aws-cdk-lib';
import { parseConfig } from './config.ts';
import { PipelineStack } from './pipeline-stack.ts';

const app = new App();
new PipelineStack(app, 'TdfWeather', {
  config: parseConfig(app.node.tryGetContext('tdf')),
  description: 'Hourly weather from WeatherAPI.com: raw JSON and curated Parquet on S3.',
});
