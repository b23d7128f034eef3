import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** It asks nobody on the network for anything of its own. */
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the Chromium of this computer, with a profile of its own in a temporary folder. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: flags });
}

/** @throws {Error} when there is none */
function chromiumPath(): string {
  const inPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'chromium'));
  const candidates = process.env.CHROMIUM ? [process.env.CHROMIUM] : ['/usr/bin/chromium', ...inPath];
  const found = candidates.find(isExecutable);
  if (found) return found;
  const looked = process.env.CHROMIUM ? `at ${process.env.CHROMIUM}` : 'on this computer';
  throw new Error(
    `There is no Chromium ${looked}. Install it, "apt-get install -y chromium" on Debian, or set CHROMIUM to its path.`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
