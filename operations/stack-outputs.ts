import type { Stack } from '@aws-sdk/client-cloudformation';
import { type Outputs, outputNames } from '../shared/outputs.ts';

/** There is nothing to work with: not deployed yet, not any more, or never with success. */
export class NoStackError extends Error {
  override readonly name = 'NoStackError';
}

/** States of a stack that never worked, and has no outputs. */
const neverCameUp = ['REVIEW_IN_PROGRESS', 'CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED'];

/**
 * The outputs of a stage's stack, as CloudFormation describes it.
 * @throws {NoStackError} when there is no such stack, or it never came up
 * @throws {Error} when it is half deleted, is being changed, failed to change, or was deployed by another version
 */
export function stackOutputs(stage: string, stack: Stack | undefined): Outputs {
  const name = `TdfWeather-${stage}`;
  const deploy = `npx cdk deploy -c stage=${stage}`;
  const destroy = `npx cdk destroy -c stage=${stage}`;
  const events = `aws cloudformation describe-stack-events --stack-name ${name} --max-items 20`;
  const { StackStatus: status = 'DELETE_COMPLETE', StackStatusReason, Outputs = [] } = stack ?? {};
  const state = StackStatusReason ? `${status}: ${StackStatusReason}` : status;

  if (status === 'DELETE_COMPLETE')
    throw new NoStackError(`There is no stack ${name} in this account and region. Deploy it with: ${deploy}`);
  if (neverCameUp.includes(status)) {
    throw new NoStackError(
      `The stack ${name} never came up (${state}). What happened: ${events}\nDeploy it again with: ${deploy}\nOr remove it with: ${destroy}`,
    );
  }
  if (status === 'DELETE_FAILED') {
    throw new Error(
      `The stack ${name} is deleted in part (${state}). What happened: ${events}\nDelete the rest with: ${destroy}`,
    );
  }
  const outputs = Object.fromEntries(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  const missing = outputNames.filter((output) => !outputs[output]);
  if (status === 'DELETE_IN_PROGRESS' || (missing.length > 0 && status.endsWith('_IN_PROGRESS'))) {
    throw new Error(
      `The stack ${name} is being changed (${state}). See how far it is: ${events}\nThen type the same command again.`,
    );
  }
  // The tables of an older stack go on reading curated until compacted has all days.
  const next = missing.includes('CompactedBucketName')
    ? `eploy this version with: ${deploy} -c tables=curated\nCHANGELOG.md says how the tables get to compacted from there.`
    : `eploy this version with: ${deploy}`;
  if (missing.length > 0 && (status.includes('ROLLBACK') || status.endsWith('_FAILED'))) {
    const resume =
      status === 'UPDATE_ROLLBACK_FAILED'
        ? `\nOnce that is fixed, take the change back to its end with: aws cloudformation continue-update-rollback --stack-name ${name}`
        : '';
    throw new Error(
      `The last change of the stack ${name} failed (${state}), and it does not have the outputs ${missing.join(', ')}. What happened: ${events}${resume}\nThen d${next}`,
    );
  }
  if (missing.length > 0) {
    throw new Error(
      `The stack ${name} (${state}) does not have the outputs ${missing.join(', ')}: another version deployed it. D${next}`,
    );
  }
  return outputs as Outputs;
}
