import { connect, type Deployed, NoStackError, type Target } from './deployed.ts';

/** The deployment; undefined when there is no such stack: not yet, or not any more. */
export async function findDeployed(target: Target): Promise<Deployed | undefined> {
  try {
    return await connect(target);
  } catch (error) {
    if (error instanceof NoStackError) return undefined;
    throw error;
  }
}
