import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { lockState } from '../../local/aws/state-lock.ts';

test('who holds a state directory is told by a long command up to its last whole word', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'lock-'));
  const { argv } = process;
  process.argv = ['node', '/project/cli/tdf.js', 'drop', 'a'.repeat(60), 'cut-short-here', '--local'];
  const lock = lockState(stateDir);
  process.argv = argv;
  expect(() => lockState(stateDir)).toThrow(
    `is in use by "tdf.js drop ${'a'.repeat(60)} …" (process ${process.pid}), since `,
  );
  lock.release();
  await rm(stateDir, { recursive: true });
});
