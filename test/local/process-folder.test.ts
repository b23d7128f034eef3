import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ObjectFiles } from '../../local/aws/object-files.ts';
import { makeProcessFolder } from '../../local/process-folder.ts';

test('the next start removes what processes that were killed have left, and nothing else', () => {
  const root = mkdtempSync(join(tmpdir(), 'process-folder-'));
  const { pid } = spawnSync(process.execPath, ['--version']);
  mkdirSync(join(root, '.meta'));
  const mine = (['query', 'drop', 'break'] as const).map((purpose) =>
    basename(makeProcessFolder(root, purpose)),
  );
  for (const purpose of ['query', 'drop', 'break'])
    mkdirSync(join(root, '.meta', `.${purpose}-${pid}-killed`, 's3'), { recursive: true });
  new ObjectFiles(root);
  expect(readdirSync(join(root, '.meta')).sort()).toEqual([...mine, '.tmp'].sort());
  rmSync(root, { recursive: true });
});
