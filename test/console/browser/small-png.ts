import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** Of the signature of a PNG. */
const begin = 8;
const most = 256;
/** Squared: colours that are nearer to each other look alike. */
const alike = 100;

/** A screenshot of a browser in a third of its bytes: with 256 colours at most, the frequent ones that do not look alike. */
export function smallPng(png: Buffer): Buffer {
  const [width, height, kind] = [png.readUInt32BE(16), png.readUInt32BE(20), png.readUInt8(25)];
  if (kind !== 2) throw new Error('Expected a PNG without transparency.');
  const colors = colorsOf(inflateSync(dataOf(png)), width, height);
  const counts = new Map<number, number>();
  for (const color of colors) counts.set(color, (counts.get(color) ?? 0) + 1);
  const byCount = [...counts].sort(([, a], [, b]) => b - a).map(([color]) => color);
  const palette: number[] = [];
  for (const color of byCount)
    if (palette.length < most && palette.every((one) => distance(one, color) > alike)) palette.push(color);
  const places = new Map(byCount.map((color) => [color, nearest(palette, color)]));
  const lines = Buffer.alloc((width + 1) * height);
  for (let i = 0; i < colors.length; i++)
    lines[i + Math.floor(i / width) + 1] = places.get(colors[i] ?? 0) ?? 0;
  const head = Buffer.from(png.subarray(16, 29));
  head.writeUInt8(3, 9);
  return Buffer.concat([
    png.subarray(0, begin),
    ...chunk('IHDR', head),
    ...chunk('PLTE', Buffer.from(palette.flatMap(channels))),
    ...chunk('IDAT', deflateSync(lines, { level: 9, memLevel: 9 })),
    ...chunk('IEND', Buffer.alloc(0)),
  ]);
}

function dataOf(png: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = begin; at < png.length; at += png.readUInt32BE(at) + 12)
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  return Buffer.concat(parts);
}

/** Each pixel as red, green and blue in one number. Undoes the filters of the lines. */
function colorsOf(data: Buffer, width: number, height: number): Uint32Array {
  const colors = new Uint32Array(width * height);
  const length = width * 3;
  let above = Buffer.alloc(length);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (length + 1)] ?? 0;
    const line = Buffer.from(data.subarray(y * (length + 1) + 1, (y + 1) * (length + 1)));
    for (let i = 0; i < length; i++) {
      const [left, up, corner] = [line[i - 3] ?? 0, above[i] ?? 0, above[i - 3] ?? 0];
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      line[i] = (line[i] ?? 0) + guess;
    }
    for (let x = 0; x < width; x++) colors[y * width + x] = line.readUIntBE(x * 3, 3);
    above = line;
  }
  return colors;
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** The place of the most similar colour. */
function nearest(palette: readonly number[], color: number): number {
  const away = palette.map((one) => distance(one, color));
  return away.indexOf(Math.min(...away));
}

function distance(a: number, b: number): number {
  const other = channels(b);
  return channels(a).reduce((sum, value, i) => sum + (value - (other[i] ?? 0)) ** 2, 0);
}

const channels = (color: number) => [color >> 16, (color >> 8) & 255, color & 255];

function chunk(type: string, data: Buffer): Buffer[] {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(typed));
  return [length, typed, checksum];
}
