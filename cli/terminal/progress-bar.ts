import { progress } from '@clack/prompts';
import { announce } from './announcement.ts';

/** A bar on standard error, so that standard output is for results. */
export interface ProgressBar {
  advance(steps: number): void;
  /** Leaves a line with what was done in the bar's place. */
  stop(done: string): void;
  /** Leaves nothing. */
  clear(): void;
}

/** A bar at a terminal; a line, should it take long, where a bar cannot be drawn. */
export function progressBar(title: string, max: number, { shown }: { readonly shown: boolean }): ProgressBar {
  if (!shown || !process.stderr.isTTY) {
    const heard = shown && max > 0 ? announce(`${title}: ${max.toLocaleString('en')} to do`) : () => {};
    return { advance: () => {}, stop: heard, clear: heard };
  }
  let reached = 0;
  const count = () => `${title} ${reached.toLocaleString('en')} of ${max.toLocaleString('en')}`;
  const bar = progress({ max, output: process.stderr, cancelMessage: `${title}: stopping` });
  bar.start(count());
  // clack puts the terminal into raw mode, in which Ctrl-C is a key that ends the process on the spot, and no signal.
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  return {
    advance(steps) {
      reached += steps;
      bar.advance(steps, count());
    },
    stop: (done) => bar.stop(done),
    clear: () => bar.clear(),
  };
}
