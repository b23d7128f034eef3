import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

test('a synthesis says how many calls the schedule makes, also beside a warning, and not on standard output [calls]', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'synthesis-'));
  try {
    const tdf = { locations: ['Oslo', 'Ulm'], schedule: 'cron(0 12 ? * SUN *)' };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['cdk/app.ts'], {
      env: {
        ...process.env,
        CDK_OUTDIR: directory,
        CDK_CONTEXT_JSON: JSON.stringify({ tdf, 'aws:cdk:bundling-stacks': [] }),
      },
    });
    expect(stdout).toBe('');
    expect(stderr).toContain('9 calls of WeatherAPI a month (places: 2, schedule: cron(0 12 ? * SUN *)).\n');
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a synthesis of a wrong cdk.json prints what is wrong and what it got, and no stack trace', async () => {
  const CDK_CONTEXT_JSON = JSON.stringify({ tdf: { locations: [7], retainData: 'x' } });
  const synthesis = promisify(execFile)(process.execPath, ['cdk/app.ts'], {
    env: { ...process.env, CDK_CONTEXT_JSON },
  });
  const { code, stderr } = (await synthesis.catch((error: unknown) => error)) as {
    code: number;
    stderr: string;
  };
  expect(code).toBe(1);
  expect(stderr.split('\n')).toEqual([
    'The configuration in cdk.json (context, "tdf") is wrong:',
    expect.stringMatching(/^ {2}tdf\.locations\.0: expected a text, .*\(got 7\)$/),
    expect.stringMatching(/^ {2}tdf\.retainData: .*\(got "x"\)$/),
    '',
  ]);
});
