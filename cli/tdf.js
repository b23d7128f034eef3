#!/usr/bin/env node
// Plain JavaScript: it has to run on any Node, to find the one that `npm ci` brought along.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('tdf.ts', import.meta.url));
const ownNode = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
if (Number.parseInt(process.versions.node, 10) < 24 && existsSync(ownNode)) {
  const child = spawn(ownNode, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; whoever stops this process alone means both.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('close', (code) => process.exit(code ?? 1));
} else {
  await import('./require-node.js');
  await import('./tdf.ts');
}
