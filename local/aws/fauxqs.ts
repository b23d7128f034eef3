/**
 * All that is used of fauxqs 2.4.1. The package exports only its servers: `startFauxqs` listens on every network
 * interface, and `buildApp` takes the stores that hold the state but no way to make them. So they are reached by their
 * files, here and nowhere else; test/local/fauxqs.test.ts tells when an update moves them.
 */
export { buildApp } from 'fauxqs';
export { S3Error, SqsError } from '../../node_modules/fauxqs/dist/common/errors.js';
export { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
export { computeCompositeChecksum } from '../../node_modules/fauxqs/dist/s3/checksum.js';
export type { S3PersistenceProvider } from '../../node_modules/fauxqs/dist/s3/s3Persistence.js';
export { type BucketType, S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js';
export type { MultipartPart, MultipartUpload, S3Object } from '../../node_modules/fauxqs/dist/s3/s3Types.js';
export { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
export { type SqsQueue, SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
export { DEFAULT_QUEUE_ATTRIBUTES } from '../../node_modules/fauxqs/dist/sqs/sqsTypes.js';
