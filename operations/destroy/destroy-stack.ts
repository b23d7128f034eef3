import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  DeleteSecretCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Days in which a deleted secret can be taken back: the least that Secrets Manager offers. */
export const recoveryDays = 7;

/** Runs the CDK's command line; gives its exit code. */
export type RunCdk = (args: readonly string[]) => Promise<number>;

/** Where the CDK asks its question and tells how it goes. Its standard output goes to our error output: ours is for results. */
export const runCdk: RunCdk = (args) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['node_modules/aws-cdk/bin/cdk', ...args], {
      cwd: root,
      stdio: ['inherit', process.stderr, 'inherit'],
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });

/** The CDK's arguments. Without `force` it asks. */
export function cdkDestroyArguments(stage: string, force: boolean): string[] {
  return ['destroy', '--context', `stage=${stage}`, ...(force ? ['--force'] : [])];
}

export type SecretOutcome = 'kept' | 'deleted' | 'absent';

export interface Destruction {
  readonly stage: string;
  /** Do not let the CDK ask. */
  readonly force: boolean;
  readonly secretName: string;
  /** Asked when the stack is gone. */
  readonly deleteSecret: () => Promise<boolean>;
}

export interface DestructionDependencies {
  readonly cdk: RunCdk;
  /** Whether the stack is still there. */
  readonly stackExists: () => Promise<boolean>;
  readonly secrets: Pick<SecretsManagerClient, 'send'>;
}

/**
 * Destroys the stack, and then the secret if that is wanted: it is not part of the stack, and other stages may read it.
 * @returns undefined when somebody said no to the CDK: then everything is as it was
 * @throws {Error} when the CDK fails; the secret is left alone then
 */
export async function destroyStack(
  { stage, force, secretName, deleteSecret }: Destruction,
  { cdk, stackExists, secrets }: DestructionDependencies,
): Promise<SecretOutcome | undefined> {
  const code = await cdk(cdkDestroyArguments(stage, force));
  if (code !== 0)
    throw new Error(`cdk destroy failed with exit code ${code}. The secret ${secretName} is left alone.`);
  // A no to the CDK's question is a success to the CDK.
  if (await stackExists()) return undefined;
  if (!(await deleteSecret())) return 'kept';
  try {
    await secrets.send(new DeleteSecretCommand({ SecretId: secretName, RecoveryWindowInDays: recoveryDays }));
    return 'deleted';
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return 'absent';
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The stack is gone, but the secret is not (${why}). Delete it with: aws secretsmanager delete-secret --secret-id ${secretName} --recovery-window-in-days ${recoveryDays}`,
      { cause: error },
    );
  }
}
