import { afterEach, beforeEach, expect, jest } from '@jest/globals';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ApiCall } from '../../../local/aws/api-call.ts';
import type { Aws } from '../../aws.ts';

/** A stage's handler, as Lambda calls it, and what it printed the last time. */
export interface StageFunction {
  /** @param remaining milliseconds until the time-out */
  invoke(event: SQSEvent, remaining?: number): Promise<SQSBatchResponse>;
  /** Log lines and metrics, one each. */
  readonly printed: readonly Record<string, unknown>[];
  /** The log lines, without what each of them has. */
  logLines(): Record<string, unknown>[];
  /** Names and values. */
  metrics(): [string, unknown][];
}

/** Call it before the tests, as it watches the console during each of them. */
export function stageFunction(name: 'convert' | 'compact') {
  let printed: Record<string, unknown>[] = [];
  beforeEach(() => {
    for (const method of ['log', 'info', 'warn', 'error'] as const) {
      jest.spyOn(console, method).mockImplementation((line: unknown) => {
        printed.push(JSON.parse(String(line)));
      });
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  return async (aws: Aws): Promise<StageFunction> => {
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: aws.config.endpoint,
      AWS_REGION: aws.config.region,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_MAX_ATTEMPTS: '1',
      RAW_BUCKET: 'raw',
      CURATED_BUCKET: 'curated',
      COMPACTED_BUCKET: 'compacted',
      DEAD_LETTER_QUEUE_URL: aws.deadLettersUrl,
      MAX_RECEIVE_COUNT: '5',
      // Has it print by the console that is watched here.
      POWERTOOLS_DEV: 'true',
      POWERTOOLS_METRICS_DISABLED: 'false',
      POWERTOOLS_METRICS_NAMESPACE: 'Test',
    });
    const { handler } = (await import(
      `../../../functions/${name}/handler.ts`
    )) as typeof import('../../../functions/compact/handler.ts');
    return {
      async invoke(event, remaining = 300_000) {
        printed = [];
        const context = {
          functionName: name,
          awsRequestId: 'request',
          getRemainingTimeInMillis: () => remaining,
        } as Context;
        // The middleware turns what the handler returns into Lambda's answer; the types do not say so.
        return (await handler(event, context)) as unknown as SQSBatchResponse;
      },
      get printed() {
        return printed;
      },
      logLines: () =>
        printed
          .filter(({ message }) => message !== undefined)
          .map(({ timestamp: _, sampling_rate: __, xray_trace_id: ___, service, ...line }) => {
            expect(service).toBe(name);
            return line;
          }),
      metrics: () =>
        printed.flatMap((line) => metricNames(line).map((name) => [name, line[name]] as [string, unknown])),
    };
  };
}

function metricNames({ _aws }: Record<string, unknown>): string[] {
  const { CloudWatchMetrics = [] } = (_aws ?? {}) as {
    CloudWatchMetrics?: { Metrics: { Name: string }[] }[];
  };
  return CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name));
}

export const none: SQSBatchResponse = { batchItemFailures: [] };

export function failed(...indexes: number[]): SQSBatchResponse {
  return { batchItemFailures: indexes.map((index) => ({ itemIdentifier: `message-${index}` })) };
}

/** Answers 503 to one action, on one key if there is one. */
export function slowDown(action: string, key?: string) {
  return (call: ApiCall) =>
    call.action === action && (key === undefined || call.key === key)
      ? { status: 503, code: 'SlowDown' }
      : undefined;
}
