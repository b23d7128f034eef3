import { createHash } from 'node:crypto';

/** Names that Windows gives to devices, whatever follows the dot. */
const device = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Whether file systems take a key as a path, with room for what stands before it. Such a path never leads upwards. */
export function isPath(key: string): boolean {
  return (
    Buffer.byteLength(key) <= 600 &&
    key.split('/').every(
      (name) =>
        Buffer.byteLength(name) <= 200 &&
        // Windows drops a dot or a space at a name's end.
        /^[^\p{Cc}"*:<>?\\|]*[^\p{Cc}"*:<>?\\|. ]$/u.test(name) &&
        !device.test(name),
    )
  );
}

/** A file's name as a file system sees it that ignores case and normalises Unicode. */
export function fold(file: string): string {
  return file.normalize('NFC').toLowerCase();
}

/** The name of the file with what S3 knows of an object beside its body. */
export function recordName(key: string): string {
  return `${sha256(key)}.json`;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
