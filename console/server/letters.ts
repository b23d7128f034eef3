import type { FastifyInstance, FastifyReply } from 'fastify';
import * as v from 'valibot';
import { ChangedObjectError } from '../../operations/letters/content.ts';
import { editLetter, RefusedTextError } from '../../operations/letters/edit-letter.ts';
import { judge } from '../../operations/letters/judge.ts';
import { letterDetail } from '../../operations/letters/letter-detail.ts';
import { givenUpKeys, type Letter, lettersOf } from '../../operations/letters/letters.ts';
import type { Live } from '../../operations/live/live.ts';
import type { Letters } from '../api.ts';
import { whileConnected } from './while-connected.ts';

/** A text of 1 MB, as JSON writes it at worst. */
const bodyLimit = 8 * 1024 * 1024;

const textBody = v.object({ text: v.string() });
const editBody = v.object({ text: v.string(), etag: v.pipe(v.string(), v.nonEmpty()) });

type WithId = { readonly Params: { readonly id: string } };

export function letterRoutes(app: FastifyInstance, live: Live): void {
  app.get('/api/letters', async (): Promise<Letters> => {
    return { letters: lettersOf(live.deployed), givenUp: await givenUpKeys(live.observed) };
  });

  app.get<WithId>('/api/letters/:id', async ({ params }, reply) => {
    const letter = letterOf(params.id);
    if (!letter) return refuseGone(reply);
    const signal = whileConnected(reply, live.signal);
    return letterDetail(live.deployed, letter, signal);
  });

  app.post<WithId>('/api/letters/:id/judge', { bodyLimit }, async ({ params, body }, reply) => {
    const letter = letterOf(params.id);
    if (!letter) return refuseGone(reply);
    const parsed = v.safeParse(textBody, body);
    if (!parsed.success || letter.key === null)
      return reply.code(400).send({ message: 'Expected a text, and a letter about an object of raw.' });
    const signal = whileConnected(reply, live.signal);
    return judge(letter.key, parsed.output.text, signal);
  });

  app.post<WithId>('/api/letters/:id/edit', { bodyLimit }, async ({ params, body }, reply) => {
    const letter = letterOf(params.id);
    if (!letter) return refuseGone(reply);
    const parsed = v.safeParse(editBody, body);
    if (!parsed.success)
      return reply.code(400).send({ message: 'Expected a text and the ETag that it was read with.' });
    try {
      return await reply.code(202).send({ activityId: (await editLetter(live, letter, parsed.output)).id });
    } catch (error) {
      if (error instanceof ChangedObjectError) return reply.code(409).send({ message: error.message });
      if (error instanceof RefusedTextError) return reply.code(422).send({ message: error.message });
      throw error;
    }
  });

  function letterOf(id: string): Letter | undefined {
    return lettersOf(live.deployed).find((letter) => letter.id === id);
  }
}

function refuseGone(reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ message: 'This letter is not there any more.' });
}
