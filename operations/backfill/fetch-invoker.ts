import type { RunEventInput } from '../../functions/fetch/run-event.ts';
import type { Invocation } from '../../local/lambda/sandbox.ts';
import type { Reached } from '../deployed.ts';

export interface FetchInvoker {
  /** Resolves when the run has ended, also when it failed as a whole. */
  invoke(event: RunEventInput): Promise<Invocation>;
  close(): void;
}

/** Calls the deployment's fetch function. */
export async function fetchInvoker({
  runtime,
  outputs,
}: Pick<Reached, 'runtime' | 'outputs'>): Promise<FetchInvoker> {
  const FunctionName = outputs.FetchFunctionName;
  if (runtime) return { invoke: (event) => runtime.invoke(FunctionName, event), close: () => {} };
  // Loaded only here: most commands do not need it.
  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
  const lambda = new LambdaClient();
  return {
    async invoke(event) {
      const request = new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) });
      const { FunctionError, Payload } = await lambda.send(request);
      const answer = JSON.parse(Payload?.transformToString() || 'null');
      if (FunctionError === undefined) return { ok: true, response: answer };
      const { errorType = FunctionError, errorMessage = 'no reason given' } = answer ?? {};
      return { ok: false, error: { type: errorType, message: errorMessage } };
    },
    close: () => lambda.destroy(),
  };
}
