/** Records that are streamed. The core holds a file whole as yet: 1 000 000 and 2 000 000 when it does not. */
export const streamedSizes = [50_000, 100_000];
