import './npm.ts';
import { startCommand } from './commands/start.ts';
import { endWhenNobodyReads } from './terminal/output.ts';

endWhenNobodyReads();
await startCommand().parseAsync();
