import { mkdir, writeFile } from 'node:fs/promises';
import { datasets } from '../../shared/datasets.ts';
import { datasetDocs } from './dataset-docs.ts';
import { flowDrawing } from './flow-drawing.ts';

const docs = new URL('../../docs/', import.meta.url);
await mkdir(docs, { recursive: true });
await writeFile(new URL('datasets.md', docs), datasetDocs(datasets));
await writeFile(new URL('flow.svg', docs), flowDrawing());
