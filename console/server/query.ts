import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Live } from '../../operations/live/live.ts';
import { csvLines, inPieces } from '../../operations/query/csv.ts';
import { namedSql } from '../../operations/query/named-sql.ts';
import { queryLocally } from '../../operations/query/query-local.ts';
import { type ShownRows, shownRows } from '../../operations/query/shown-rows.ts';
import { shownRows as mostRows, type QueryHead, type QueryTail } from '../api.ts';
import { Turns } from './turns.ts';
import { whileConnected } from './while-connected.ts';

/** Each takes one of the four threads that all files and queries of this process share. */
const mostQueries = 2;

export function queryRoutes(app: FastifyInstance, live: Live): void {
  const turns = new Turns(mostQueries);
  app.get('/api/queries', () => namedSql);

  app.post<{ Body: { sql?: unknown } | null }>('/api/query', async ({ body }, reply) => {
    const options = { stateDir: live.state, signal: whileConnected(reply, live.signal) };
    try {
      await turns.take(options.signal);
      const begun = performance.now();
      const result = await shownRows(String(body?.sql ?? ''), mostRows, options);
      return await reply.type(jsonLines).send(Readable.from(inPieces(linesOf(result, begun))));
    } catch (error) {
      // A line says so, as amid the rows. With another status the browser would log an error of the page.
      return reply.type(jsonLines).send(line(failure(error)));
    }
  });

  app.get<{ Querystring: { sql?: string } }>('/api/query.csv', async ({ query: { sql = '' } }, reply) => {
    const options = { stateDir: live.state, signal: whileConnected(reply, live.signal) };
    try {
      await turns.take(options.signal);
      const result = await queryLocally(sql, options);
      return await reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="rows.csv"')
        .send(Readable.from(inPieces(csvLines(result))));
    } catch (error) {
      return reply.code(400).send({ message: failure(error).error });
    }
  });
}

const jsonLines = 'application/x-ndjson; charset=utf-8';
const line = (value: unknown) => `${JSON.stringify(value)}\n`;

async function* linesOf({ columns, rows }: ShownRows, begun: number): AsyncGenerator<string> {
  yield line({ columns } satisfies QueryHead);
  try {
    let next = await rows.next();
    for (; !next.done; next = await rows.next()) yield line(next.value);
    const milliseconds = Math.round(performance.now() - begun);
    yield line({ ...next.value, milliseconds } satisfies QueryTail);
  } catch (error) {
    yield line(failure(error));
  } finally {
    // Whoever reads has gone: what the query holds is freed.
    await rows.return({ rows: 0, isCut: true });
  }
}

function failure(error: unknown) {
  return { error: error instanceof Error ? error.message : String(error) } satisfies QueryTail;
}
