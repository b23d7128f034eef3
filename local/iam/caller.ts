import type { IncomingHttpHeaders } from 'node:http';

/**
 * The access key id that a request is signed with; undefined for a request that is not signed.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
 */
export function accessKeyOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^AWS4-HMAC-SHA256\s.*?Credential=([^/,\s]+)\//.exec(authorization)?.[1];
}
