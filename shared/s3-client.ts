import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

/**
 * By default the SDK refuses to read objects whose checksum it cannot compute (SHA-512, MD5, XXHash). S3 accepts them from
 * other clients.
 */
export function s3Client(config: S3ClientConfig = {}): S3Client {
  return new S3Client({ ...config, responseChecksumValidation: 'WHEN_REQUIRED' });
}
