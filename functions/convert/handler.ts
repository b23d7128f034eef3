import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { convertEnv, readEnv } from '../../shared/env.ts';
import { givenUpPrefix } from '../../shared/keys.ts';
import { isFolderMarker } from '../../shared/listing.ts';
import type { ConvertMetric } from '../../shared/metrics.ts';
import { s3Client } from '../../shared/s3-client.ts';
import type { SubjectName } from '../data-stage/dead-letter.ts';
import { stageHandler } from '../data-stage/stage-handler.ts';
import { type Converted, convertObject } from './convert-object.ts';
import { limits } from './limits.ts';

type Done = Converted | { readonly kind: 'ignored' };

const env = readEnv(convertEnv);
const logger = new Logger({ serviceName: 'convert' });
const metrics = new Metrics({ namespace: env.POWERTOOLS_METRICS_NAMESPACE, serviceName: 'convert' });
const dependencies = { s3: s3Client(), raw: env.RAW_BUCKET, curated: env.CURATED_BUCKET };

export const handler = stageHandler<Done>({
  logger,
  metrics,
  env,
  source: env.RAW_BUCKET,
  reserve: limits.reserve,
  retries: 'ConvertRetries',
  subjectOf: ({ key, size = 0, record }) => ({
    name: { rawKey: key },
    message: JSON.stringify({ Records: [record] }),
    work: async (signal) =>
      isFolderMarker({ key, size }) || key.startsWith(givenUpPrefix)
        ? { kind: 'ignored' }
        : convertObject(key, { ...dependencies, signal }),
  }),
  report,
});

function report(done: Done, name: SubjectName): void {
  const { kind: _, ...counts } = done;
  const details = { ...name, ...counts };
  switch (done.kind) {
    case 'converted':
      if (done.unexpected.length === 0) logger.info('Converted', details);
      else logger.warn('Converted, with values that their columns do not expect', details);
      count('ObjectsConverted', 1);
      count('RowsConverted', sum(done.tables.map(({ rows }) => rows)));
      count('FieldsRescued', done.rescuedFields);
      count('ExpectationsFailed', sum(done.unexpected.map((column) => column.count)));
      break;
    case 'filed':
      logger.info('Filed under its day: the event of the copy converts it', details);
      break;
    case 'gone':
      logger.warn('The raw object is gone: nothing to convert', details);
      count('ObjectsGone', 1);
      break;
    case 'ignored':
      logger.info('Ignored: it is a folder marker or was given up', details);
      break;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function count(metric: ConvertMetric, value: number): void {
  metrics.addMetric(metric, MetricUnit.Count, value);
}
