import { expect, test } from '@jest/globals';
import { Travels } from '../../../operations/live/travels.ts';
import { lineOf } from '../../../operations/logs.ts';
import { filedKey, parsedKey } from '../../../shared/keys.ts';

test('an object that is put twice under a name without a day is told of twice', () => {
  const begun: string[] = [];
  const travels = new Travels({
    // Nobody is asked: convert tells of all there is.
    reached: {} as never,
    now: () => 0,
    isFetching: () => false,
    begin: (key) => {
      begun.push(key);
      return { id: key, step: () => {} };
    },
  });
  const key = 'weatherapi/current/oslo.json';
  const parsed = parsedKey(key);
  if (!parsed) throw new Error(`${key} is no raw key.`);
  const filed = filedKey(parsed, '2026-11-22');
  for (let times = 0; times < 2; times++) {
    travels.written(key, 1);
    travels.written(filed, 1);
    const line = { message: 'Converted', rawKey: filed, tables: [] };
    travels.logged(lineOf('convert', JSON.stringify(line), new Date(0)));
  }
  expect(begun).toEqual([key, key]);
});
