import { expect, test } from '@jest/globals';
import { Turns } from '../../../console/server/turns.ts';

/** Asks for turns by name, and tells who has had one. */
function line(most: number) {
  const turns = new Turns(most);
  const had: string[] = [];
  const ask = (name: string) => {
    const client = new AbortController();
    const taken = turns.take(client.signal).then(() => had.push(name));
    taken.catch(() => {});
    return { leave: () => client.abort(new Error(`${name} left`)), taken };
  };
  return { ask, had };
}

test('so many take their turn at once, and the others as these leave, in their order', async () => {
  const { ask, had } = line(2);
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(ask);
  await Promise.all([a?.taken, b?.taken]);
  expect(had).toEqual(['a', 'b']);
  b?.leave();
  await c?.taken;
  expect(had).toEqual(['a', 'b', 'c']);
  a?.leave();
  await d?.taken;
  for (const each of [a, b, c, d]) each?.leave();
  await Promise.all([ask('e').taken, ask('f').taken]);
  expect(had).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

test('who leaves the line has no turn, and takes none from those behind', async () => {
  const { ask, had } = line(1);
  const [a, b, c] = ['a', 'b', 'c'].map(ask);
  b?.leave();
  await expect(b?.taken).rejects.toThrow('b left');
  a?.leave();
  await c?.taken;
  expect(had).toEqual(['a', 'c']);
});

test('when all leave at once, all turns are free again', async () => {
  const turns = new Turns(1);
  const stopped = new AbortController();
  const all = [1, 2, 3].map(() => turns.take(AbortSignal.any([stopped.signal])));
  stopped.abort(new Error('stopped'));
  await Promise.allSettled(all);
  await turns.take(new AbortController().signal);
});
