import { describe, expect, test } from '@jest/globals';
import { decodePlaces, encodePlaces, listDigest } from '../../../functions/fetch/place-list.ts';
import fc from '../../fast-check.ts';

describe('a list of places', () => {
  const list = { locations: ['Oslo', 'Rome'], options: { aqi: 'yes', lang: 'fr' } };

  test('has one digest, in whatever order its options come', () => {
    const { options, locations } = list;
    expect(listDigest({ locations, options: { lang: 'fr', aqi: 'yes' } })).toBe(
      listDigest({ locations, options }),
    );
  });

  test.each([
    { ...list, locations: ['Rome', 'Oslo'] },
    { ...list, locations: ['Oslo'] },
    { ...list, locations: ['Oslo', 'Rome', 'Oslo'] },
    { ...list, locations: ['Oslo","Rome'] },
    { ...list, options: { aqi: 'no', lang: 'fr' } },
    { ...list, options: {} },
  ])('of other places, order or options has another: %j', (other) => {
    expect(listDigest(other)).not.toBe(listDigest(list));
  });
});

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
