import './npm.ts';
import { enableCompileCache } from 'node:module';
import { runProgram } from './program.ts';
import { endWhenNobodyReads } from './terminal/output.ts';

// The commands are loaded from here on: half of the time that one takes would be compiling them.
enableCompileCache();
endWhenNobodyReads();
await runProgram(process.argv.slice(2));
