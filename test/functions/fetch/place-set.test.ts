import { describe, expect, test } from '@jest/globals';
import { decodePlaces, encodePlaces } from '../../../functions/fetch/place-set.ts';
import fc from '../../fast-check.ts';

describe('numbers of places', () => {
  test('come back ascending from their text', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(3_000)), (places) => {
        expect([...decodePlaces(encodePlaces(places))]).toEqual(places.toSorted((a, b) => a - b));
      }),
    );
  });

  test('of a thousand places fit into the metadata of an object', () => {
    expect(encodePlaces(Array.from({ length: 1000 }, (_, place) => place))).toHaveLength(167);
  });
});
