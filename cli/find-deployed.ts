import { connect, type Deployed, type Target } from './deployed.ts';
import { NoStackError } from './stack-outputs.ts';

/** The deployment; undefined when there is no such stack, or it never came up. */
export async function findDeployed(target: Target): Promise<Deployed | undefined> {
  try {
    return await connect(target);
  } catch (error) {
    if (error instanceof NoStackError) return undefined;
    throw error;
  }
}
