import { describe, expect, test } from '@jest/globals';
import { endStates, type Play, type State } from '../data-stage/interleavings.ts';
import { convertPlay } from './convert-play.ts';
import { rawKey, response } from './converted.ts';

const curatedKey = `curated/${rawKey.replace('.json', '.parquet')}`;
const curatedOf = ({ objects }: State) => objects[curatedKey]?.etag;
const hasCrash = ({ workers }: State) => workers.some(({ state }) => state === 'crashed');

/** When a worker has ended well after the last change, nobody comes any more: what is in curated then stays. */
const isFinal = ({ workers, changes }: State) =>
  workers.some(({ state, sawChanges }) => state === 'ended' && sawChanges === changes);

/** Those of all final states in which curated is not of the newest content. */
async function wrongStates(contents: readonly string[], without?: Play['without']) {
  const play = { rawKey, contents, without };
  const converted = { [curatedKey]: { etag: contents[0] ?? '', version: -1 } };
  const ends = [
    ...(await endStates(convertPlay(play))),
    ...(await endStates(convertPlay({ ...play, curated: converted }))),
  ];
  const final = ends.filter(isFinal);
  expect(final.filter(hasCrash).length).toBeGreaterThan(0);
  return final.filter((state) => curatedOf(state) !== contents.at(-1));
}

describe('whatever order the requests of two workers, replacements and one crash come in, curated is of the newest content', () => {
  test('when it is replaced [two-workers]', async () => {
    expect(await wrongStates(['A', 'B'])).toEqual([]);
  });

  test('when a former one returns, unless a worker has crashed after it wrote the one in between [two-workers]', async () => {
    const wrong = await wrongStates(['A', 'B', 'A']);
    expect(wrong.length).toBeGreaterThan(0);
    expect(wrong.filter((state) => !hasCrash(state) || curatedOf(state) !== 'B')).toEqual([]);
  });

  test('which the look afterwards alone does not ensure [two-workers]', async () => {
    expect((await wrongStates(['A', 'B'], 'write conditions')).length).toBeGreaterThan(0);
  });

  test('nor the condition on the write alone [two-workers]', async () => {
    const wrong = await wrongStates(['A', 'B', 'A'], 'look');
    expect(wrong.filter((state) => !hasCrash(state)).length).toBeGreaterThan(0);
  });
});

test('the objects of two tables are both of the newest content, whatever order the requests of two workers, a replacement and one crash come in [two-workers]', async () => {
  const key = 'weatherapi/history/dt=2026-11-21/oslo.json';
  const tables = ['history_hour', 'history_day'].map(
    (table) => `curated/weatherapi/${table}/dt=2026-11-21/oslo.parquet`,
  );
  const ends = await endStates(convertPlay({ rawKey: key, contents: ['A', 'B'] }));
  const final = ends.filter(isFinal);
  expect(final.filter(hasCrash).length).toBeGreaterThan(100);
  const wrong = final.filter(({ objects }) => tables.some((table) => objects[table]?.etag !== 'B'));
  expect(wrong).toEqual([]);
  // A crash can leave the tables of different content, but then the message comes again.
  expect(
    ends.some(({ objects }) => objects[tables[0] as string]?.etag !== objects[tables[1] as string]?.etag),
  ).toBe(true);
}, 300_000);

test('an undated object that two workers file, while it is replaced, is filed once and with its newest content [filed-once]', async () => {
  const undated = 'weatherapi/current/dropped.json';
  const contents = [0, 1, 2].map((second) => response({ last_updated_epoch: 1_795_323_600 + second }));
  const ends = await endStates(convertPlay({ rawKey: undated, contents }));
  expect(ends.filter(isFinal).length).toBeGreaterThan(10);
  for (const state of ends) {
    const { [`raw/${undated}`]: original, ...filed } = state.objects;
    const copies = Object.values(filed).map(({ etag }) => etag);
    expect(copies.length).toBeLessThanOrEqual(1);
    // Else it is still there, for the worker that the next message calls.
    if (isFinal(state) || !original) expect([original, copies]).toEqual([undefined, [contents[2]]]);
    else expect(original.etag).toBe(contents[2]);
  }
});
