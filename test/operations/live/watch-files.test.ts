import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from '@jest/globals';
import { watchFiles } from '../../../operations/live/watch-files.ts';
import { until } from '../../local/until.ts';

let root: string;
let folder: string;
let stop: () => void;
let changed: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'watch-'));
  folder = join(root, 'shared');
  mkdirSync(join(folder, 'units'), { recursive: true });
  changed = [];
  stop = watchFiles(folder, (file) => changed.push(file));
});
afterEach(() => {
  stop();
  rmSync(root, { recursive: true });
});

test.each(['shared', 'shared/units'])('%s, removed and made again, is watched as before', async (name) => {
  rmSync(join(root, name), { recursive: true });
  mkdirSync(join(folder, 'units'), { recursive: true });
  const file = join(folder, 'units', 'unit.ts');
  writeFileSync(file, '1');
  await until(() => changed.includes(file));
  changed.length = 0;
  writeFileSync(file, '2');
  await until(() => changed.includes(file));
  rmSync(join(root, name), { recursive: true });
  await until(() => changed.length > 1);
  mkdirSync(join(folder, 'units'), { recursive: true });
  writeFileSync(file, '3');
  changed.length = 0;
  await until(() => changed.includes(file));
});
