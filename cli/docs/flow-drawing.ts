/** A part of the pipeline, and what it is. */
interface Tile {
  readonly name: string;
  readonly what: string;
  readonly icon: keyof typeof icons;
}

/** In the order in which the data flows. */
const tiles: readonly Tile[] = [
  { name: 'scheduler', what: 'one per dataset', icon: 'clock' },
  { name: 'fetch', what: 'lands raw JSON', icon: 'lambda' },
  { name: 'raw', what: 'as it was sent', icon: 'bucket' },
  { name: 'queue', what: 'five tries', icon: 'queue' },
  { name: 'convert', what: 'writes Parquet', icon: 'lambda' },
  { name: 'curated', what: 'a file per object', icon: 'bucket' },
  { name: 'queue', what: 'five tries', icon: 'queue' },
  { name: 'compact', what: 'merges each day', icon: 'lambda' },
  { name: 'compacted', what: 'a file per day', icon: 'bucket' },
  { name: 'tables', what: 'Athena, DuckDB', icon: 'table' },
];

/** Drawn in a square of 28 by 28. */
const icons = {
  clock: '<circle cx="14" cy="14" r="11"/><path d="M14 7v7l5 3"/>',
  lambda: '<path d="M7 4h4l10 20M12 11 6 24"/>',
  bucket: '<ellipse cx="14" cy="6" rx="10" ry="3"/><path d="m4 6 3 17c2 2 12 2 14 0l3-17"/>',
  queue: '<rect x="2" y="8" width="24" height="12" rx="2"/><path d="M8 12v4m4-4v4m4-4v4m4-4v4"/>',
  table: '<rect x="3" y="5" width="22" height="18" rx="2"/><path d="M3 11h22M3 17h22M11 11v12"/>',
} as const;

const tileSize = 64;
const pitch = 122;
const left = 50;
const top = 70;
const middle = top + tileSize / 2;

/** The pipeline as a picture: SVG, for light and dark backgrounds. */
export function flowDrawing(): string {
  const below = top + tileSize + 50;
  const center = (name: string) =>
    left + tileSize / 2 + pitch * tiles.findIndex((tile) => tile.name === name);
  /** Of a function and the queue before it: what is tried again, and what is given up. */
  const failures = ['convert', 'compact'].map((name) => {
    const [from, to] = [center(name), center(name) - pitch];
    const between = (from + to) / 2;
    return `<path class="aside" d="M${from} ${top - 2}C${from} ${top - 40} ${to} ${top - 40} ${to} ${top - 6}"/>
<text class="quiet" x="${between}" y="${top - 34}">retry</text>
<path class="arrow" d="M${between} ${middle}V${below + 16}"/>`;
  });
  const arrows = tiles.slice(1).map((_, index) => {
    const start = left + tileSize + pitch * index + 4;
    return `<path class="arrow" d="M${start} ${middle}H${start + pitch - tileSize - 14}"/>`;
  });
  const [first, last] = ['convert', 'compact'].map((name) => center(name) - pitch / 2) as [number, number];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * left + tileSize + pitch * (tiles.length - 1)} ${below + 70}" role="img" font-family="system-ui, sans-serif" font-size="13" text-anchor="middle">
<title>A schedule starts fetch, which lands raw JSON in S3; S3's event goes through a queue to convert, which writes Parquet; its event goes through a queue to compact, which makes one file of each day.</title>
<style>
  text { fill: #13212a } .quiet { fill: #4d5f69; font-size: 12px } .name { font-weight: 600 }
  .tile { fill: #fff; stroke: #7b8d96 } .lambda { fill: #e2f0f4 } .icon { fill: none; stroke: #0a667d; stroke-width: 2 }
  .arrow, .aside { fill: none; stroke: #4d5f69; stroke-width: 1.5; marker-end: url(#head) } .aside { stroke-dasharray: 4 3 }
  .head { fill: #4d5f69 } .dead { fill: #fdeaea; stroke: #b92626 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4ecef } .quiet { fill: #9db0b9 } .tile { fill: #141c20; stroke: #6f848e } .lambda { fill: #16323b }
    .icon { stroke: #67c0d8 } .arrow, .aside { stroke: #9db0b9 } .head { fill: #9db0b9 } .dead { fill: #2c1717; stroke: #ff8177 }
  }
</style>
<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker>
${tiles.map(tileDrawing).join('\n')}
${arrows.join('\n')}
<text class="quiet" x="${center('fetch')}" y="20">WeatherAPI.com, Secrets Manager</text>
<path class="aside" d="M${center('fetch')} 28V${top - 6}"/>
<text class="quiet" x="${center('raw')}" y="42">dropped files</text>
<path class="aside" d="M${center('raw')} 50V${top - 6}"/>
${failures.join('\n')}
<rect class="dead" x="${first - 60}" y="${below + 20}" width="${last - first + 120}" height="34" rx="6"/>
<text x="${(first + last) / 2}" y="${below + 41}">dead-letter queues, with reasons</text>
<path class="arrow" d="M${last + 64} ${below + 37}H${center('tables') - 80}"/>
<text x="${center('tables')}" y="${below + 41}">alarms, e-mail by SNS</text>
${['raw', 'curated'].map((name) => `<path class="aside" d="M${center(name)} ${below - 4}V${below + 8}H${center(name) + pitch}V${below - 4}"/>`).join('\n')}
<text class="quiet" x="${center('raw') - 20}" y="${below + 28}">reconcile: lost events, daily</text>
</svg>
`;
}

function tileDrawing({ name, what, icon }: Tile, index: number): string {
  const x = left + pitch * index;
  const inset = (tileSize - 28) / 2;
  return `<rect class="tile ${icon}" x="${x}" y="${top}" width="${tileSize}" height="${tileSize}" rx="8"/><g class="icon" transform="translate(${x + inset} ${top + inset})">${icons[icon]}</g>
<text class="name" x="${x + tileSize / 2}" y="${top + tileSize + 20}">${name}</text><text class="quiet" x="${x + tileSize / 2}" y="${top + tileSize + 37}">${what}</text>`;
}
