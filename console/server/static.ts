import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { FastifyInstance } from 'fastify';

const folder = join(import.meta.dirname, '..', 'page');

/** A file of the page, held in memory. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

/** The page's files by their paths: the document, one script, one style sheet and an icon. */
export type Page = ReadonlyMap<string, PageFile>;

/** @param token goes into the document, where only the page reads it */
export async function bundlePage(token: string): Promise<Page> {
  const [document, icon, { outputFiles }] = await Promise.all([
    readFile(join(folder, 'index.html'), 'utf8'),
    readFile(join(folder, 'icon.svg'), 'utf8'),
    build({
      entryPoints: [join(folder, 'main.ts')],
      outdir: '/',
      bundle: true,
      minify: true,
      format: 'iife',
      target: 'es2022',
      write: false,
      logLevel: 'silent',
    }),
  ]);
  const textOf = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: document.replace('{{token}}', token) }],
    ['/main.js', { type: 'text/javascript; charset=utf-8', body: textOf('.js') }],
    ['/main.css', { type: 'text/css; charset=utf-8', body: textOf('.css') }],
    ['/icon.svg', { type: 'image/svg+xml', body: icon }],
  ]);
}

/** Answers with these files and nothing else: no path of a request reaches the file system. */
export function staticRoutes(app: FastifyInstance, page: Page): void {
  for (const [path, { type, body }] of page) app.get(path, (_request, reply) => reply.type(type).send(body));
}
