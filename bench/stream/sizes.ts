/** Records that are streamed: what the second needs more than the first is what grows with a file. */
export const streamedSizes = [1_000_000, 2_000_000];
