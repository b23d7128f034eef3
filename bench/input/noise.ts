/** A number in [0, 1) that depends on nothing but three whole numbers (the finalizer of MurmurHash3). */
export function random(place: number, channel: number, step: number): number {
  let hash =
    Math.imul(place + 1, 0x9e3779b1) ^ Math.imul(channel + 1, 0x85ebca6b) ^ Math.imul(step, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Wanders between -1 and 1: a fixed value every `period` hours, a smooth way between them. */
export function drift(place: number, channel: number, hour: number, period: number): number {
  const step = Math.floor(hour / period);
  const x = hour / period - step;
  const from = random(place, channel, step);
  const to = random(place, channel, step + 1);
  return 2 * (from + (to - from) * x * x * (3 - 2 * x)) - 1;
}
