import './npm.ts';
import { startCommand } from './commands/start.ts';

await startCommand().parseAsync();
