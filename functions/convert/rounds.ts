import { S3ServiceException } from '@aws-sdk/client-s3';

/** How often an object may change under our hands before the message is left to a later try. */
const maxRounds = 5;

/**
 * Does something with an object until it has not changed meanwhile: when `attempt` gives nothing, or S3 refuses one of
 * its conditional requests, it is made once more.
 * @throws {Error} after five rounds, and whatever else `attempt` throws
 */
export async function untilUnchanged<T>(key: string, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let round = 0; round < maxRounds; round++) {
    try {
      const done = await attempt();
      if (done !== undefined) return done;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  throw new Error(`"${key}" changed ${maxRounds} times while it was worked on.`);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
function isConflict(error: unknown): boolean {
  return (
    error instanceof S3ServiceException &&
    [404, 409, 412].includes(error.$metadata.httpStatusCode ?? 0) &&
    error.name !== 'NoSuchBucket'
  );
}
