import { html } from 'htm/preact';
import { flowLayout } from '../../console/page/flow/layout.ts';
import { Picture, type Said } from '../../console/page/flow/picture.ts';
import { asides, tiles } from '../../console/page/flow/tiles.ts';
import { svgText } from './svg-text.ts';

/** The pipeline as a picture, drawn as the page draws it: SVG, for light and dark backgrounds. */
export function flowDrawing(): string {
  const layout = flowLayout(Number.POSITIVE_INFINITY);
  const quiet = { lamps: [], isBad: false };
  const said = Object.fromEntries([
    ...tiles.map(({ name, what }): [string, Said] => [name, { ...quiet, lines: [what] }]),
    ...asides.map(({ name, label }): [string, Said] => [
      name,
      { ...quiet, lines: [label], isBad: name.endsWith('-dead') },
    ]),
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${layout.width} ${layout.height}" role="img">
<title>A schedule starts fetch, which lands raw JSON in S3; S3's event goes through a queue to convert, which writes Parquet; its event goes through a queue to compact, which makes one file of each day.</title>
<style>${style}</style>
${svgText(html`<${Picture} layout=${layout} said=${said} />`)}</svg>
`;
}

const style = `
  text { fill: #4d5f69; font: 12px system-ui, sans-serif } .value { fill: #13212a } .name { fill: #13212a; font-size: 14px; font-weight: 600 }
  .band { fill: #f4f7f8; stroke: #d9e1e4 } .box { fill: #fff; stroke: #7b8d96 } .lambda .box { fill: #e2f0f4 }
  .icon { fill: none; stroke: #0a667d; stroke-width: 1.8 } .wire { fill: none; stroke: #4d5f69; stroke-width: 1.5 } .aside { stroke-dasharray: 3 3 }
  .head { fill: #4d5f69 } .bad .box { fill: #fdeaea; stroke: #b92626 } .bad .icon { stroke: #b92626 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9db0b9 } .value, .name { fill: #e4ecef } .band { fill: #1b252a; stroke: #29363c } .box { fill: #141c20; stroke: #6f848e }
    .lambda .box { fill: #16323b } .icon { stroke: #67c0d8 } .wire { stroke: #9db0b9 } .head { fill: #9db0b9 }
    .bad .box { fill: #2c1717; stroke: #ff8177 } .bad .icon { stroke: #ff8177 }
  }
`;
