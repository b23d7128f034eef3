import { readFileSync } from 'node:fs';

/** What a process used to do its work. */
export interface Usage {
  /** Elapsed, in milliseconds. */
  readonly wall: number;
  /** Of all threads, in milliseconds. */
  readonly cpu: number;
  /** Peak resident memory of the process, in bytes. */
  readonly peak: number;
}

/** Does the work and prints what it used, as JSON on a line. */
export async function reportUsage(work: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ wall, cpu: (user + system) / 1000, peak: peakMemory() } satisfies Usage));
}

/**
 * Linux hands the peak of the parent down to a process that it starts, in `maxRSS`, but not in `VmHWM`:
 * https://man7.org/linux/man-pages/man2/getrusage.2.html, https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
function peakMemory(): number {
  const kibibytes =
    process.platform === 'linux'
      ? Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
      : process.resourceUsage().maxRSS;
  return kibibytes * 1024;
}
