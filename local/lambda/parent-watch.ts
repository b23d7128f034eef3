import { Socket } from 'node:net';

/**
 * Runs in a thread of its own, since the handler may keep its thread busy: when the runtime is gone, however it ended,
 * its end of this pipe (the last of the `stdio` in sandbox.ts) is closed, and the sandbox goes as well.
 */
new Socket({ fd: 4 }).on('close', () => process.kill(process.pid, 'SIGKILL')).resume();
