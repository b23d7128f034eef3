import { fileURLToPath } from 'node:url';

/** Where inputs, outputs and the synthesized stack are kept; git ignores it. May be removed at any time. */
export const dataDirectory = fileURLToPath(new URL('../.data/', import.meta.url));
