import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { dropFile } from '../../operations/live/drop-file.ts';
import type { Live } from '../../operations/live/live.ts';

/** PUT /api/files?name=NAME: the body is the file, whatever its type says. */
export function fileRoutes(app: FastifyInstance, live: Live): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  const landing = new Set<Promise<void>>();
  app.put<{ Querystring: { name?: string }; Body: Readable | undefined }>(
    '/api/files',
    async ({ query: { name }, body }, reply) => {
      if (!name)
        return reply.code(400).send({ message: 'Expected the name of the file: /api/files?name=NAME' });
      const { entry, landed } = await dropFile(live, name, body ?? Readable.from([]));
      landing.add(landed);
      void landed.finally(() => landing.delete(landed));
      return reply.code(202).send({ activityId: entry.id });
    },
  );
  // Files that were taken are put, or their copies removed, before the stack is stopped.
  app.addHook('onClose', async () => {
    await Promise.all(landing);
  });
}
