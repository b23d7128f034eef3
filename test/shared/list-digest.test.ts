import { describe, expect, test } from '@jest/globals';
import { listDigest } from '../../shared/list-digest.ts';

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
