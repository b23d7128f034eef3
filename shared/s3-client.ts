import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

/**
 * The client for whoever reads objects. By default the SDK refuses those whose checksum is of an algorithm that it has no
 * code for (SHA-512, MD5, XXHash), which S3 takes from others.
 */
export function s3Client(config: S3ClientConfig = {}): S3Client {
  return new S3Client({ ...config, responseChecksumValidation: 'WHEN_REQUIRED' });
}
