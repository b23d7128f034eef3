import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

const program = resolve('cli/tdf.ts');

/** Starts the operator's program as npm does, in a directory of its own. */
export function startTdf(cwd: string, ...args: string[]): Running {
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (data: string) => {
      text[name] += data;
    });
  return {
    process: child,
    ended: new Promise((end) => child.on('close', (code) => end({ code, ...text }))),
  };
}

export function tdf(cwd: string, ...args: string[]): Promise<Ended> {
  return startTdf(cwd, ...args).ended;
}
