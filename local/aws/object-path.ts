import { createHash } from 'node:crypto';

/** File systems refuse names above 255 bytes, and some refuse paths above 1024. Both limits leave room for the rest. */
const MAX_SEGMENT_BYTES = 200;
const MAX_PATH_BYTES = 600;

/** What some file system refuses in a name; `%` too, since it marks what was encoded. `\p{Cc}`: control characters. */
const REFUSED = /[\p{Cc}"%*:<>?\\|]/gu;
/** Windows drops a dot or a space at a name's end, and `.` and `..` are not names anywhere. */
const DOTS_ONLY = /^\.{1,2}$/;
const LAST_DOT_OR_SPACE = /[. ]$/;
/** Names that Windows gives to devices, whatever follows the dot. */
const DEVICE = /^(?=(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))./i;

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The relative path, with `/` between its segments, under which a person finds the object of this key: the key
 * itself where file systems allow it. Never leaves the directory it is joined to, and differs whenever keys differ.
 * Undefined when the path would be too long.
 */
export function objectPath(key: string): string | undefined {
  const encoded = key.split('/').map(encodeSegment).join('/');
  return Buffer.byteLength(encoded) > MAX_PATH_BYTES ? undefined : encoded;
}

/** `%` followed by anything but two upper-case hex digits stands for no character: such names are ours to give. */
function encodeSegment(segment: string): string {
  if (segment === '') return '%empty';
  if (DOTS_ONLY.test(segment)) return percentEncode(segment);
  const encoded = [REFUSED, LAST_DOT_OR_SPACE, DEVICE].reduce(
    (text, pattern) => text.replace(pattern, percentEncode),
    segment,
  );
  return Buffer.byteLength(encoded) > MAX_SEGMENT_BYTES ? `%sha256-${sha256(segment)}` : encoded;
}

const percentEncode = (text: string) =>
  Buffer.from(text).toString('hex').toUpperCase().replaceAll(/../g, '%$&');
