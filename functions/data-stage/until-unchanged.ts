import { S3ServiceException } from '@aws-sdk/client-s3';

/**
 * Repeats an attempt while it returns nothing, or S3 refuses one of its conditional requests.
 * @param pause waits before a repetition, 1 for the first one
 */
export async function untilUnchanged<T>(
  name: string,
  rounds: number,
  attempt: () => Promise<T | undefined>,
  pause?: (repetition: number) => Promise<void>,
): Promise<T> {
  for (let round = 0; round < rounds; round++) {
    if (round > 0) await pause?.(round);
    try {
      const done = await attempt();
      if (done !== undefined) return done;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  throw new Error(`"${name}" changed ${rounds} times during one try.`);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
function isConflict(error: unknown): boolean {
  return (
    error instanceof S3ServiceException &&
    [404, 409, 412].includes(error.$metadata.httpStatusCode ?? 0) &&
    error.name !== 'NoSuchBucket'
  );
}
