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

/** What a process took from its start to its end, in milliseconds. */
export interface Start {
  /** Elapsed. */
  readonly wall: number;
  /** Of all threads. */
  readonly cpu: number;
}

/** Starts a Node that runs a module. @throws {Error} with what it said, when it fails */
export async function startNode(code: string): Promise<Start> {
  const start = performance.now();
  const module = `${code}; process.stdout.write(JSON.stringify(process.cpuUsage()))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', module], {
    env: environment,
  });
  const wall = performance.now() - start;
  const { user, system } = JSON.parse(stdout) as NodeJS.CpuUsage;
  return { wall, cpu: (user + system) / 1000 };
}
