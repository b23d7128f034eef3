import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { convertEnv, fetchEnv, reconcileEnv } from '../../shared/env.ts';

/** What the functions read while they load; no value is used for anything. */
const environment = {
  ...Object.fromEntries([...fetchEnv, ...convertEnv, ...reconcileEnv].map((name) => [name, 'bench'])),
  WEATHERAPI_URL: 'https://api.weatherapi.com/v1',
  MAX_RECEIVE_COUNT: '5',
  AWS_REGION: 'us-east-1',
  NODE_DISABLE_COMPILE_CACHE: '1',
};

/** Milliseconds from the start of a Node that runs a module to its end. @throws {Error} when it fails */
export async function startNode(code: string): Promise<number> {
  const start = performance.now();
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { env: environment });
  return performance.now() - start;
}
