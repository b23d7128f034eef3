import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs `cdk synth`, bundles included, into a folder.
 * @throws {Error} with what the CDK said, when the app or its configuration is wrong
 */
export async function synthesize(directory: string, signal?: AbortSignal): Promise<void> {
  try {
    await promisify(execFile)(
      process.execPath,
      ['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--no-notices', '--output', directory],
      { cwd: root, ...(signal ? { signal } : {}) },
    );
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`cdk synth failed:\n${stderr?.trim() || String(error)}`, { cause: error });
  }
}
