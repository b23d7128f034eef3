import { describe, expect, test } from '@jest/globals';
import { readEnv } from '../../shared/env.ts';
import { ConfigurationError } from '../../shared/errors.ts';

describe('the environment', () => {
  test('gives exactly the names that were asked for', () => {
    expect(readEnv(['A', 'B'], { A: '1', B: '0', C: '3' })).toEqual({ A: '1', B: '0' });
  });

  test('names everything that is missing or empty, at once', () => {
    const read = () => readEnv(['A', 'B', 'C'], { A: '', B: '2' });
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow('Missing environment variables: A, C.');
  });

  test('never tells a value', () => {
    try {
      readEnv(['A', 'B'], { B: 'a-secret' });
      throw new Error('Nothing was missing.');
    } catch (error) {
      expect(String(error)).toContain('A');
      expect(String(error)).not.toContain('a-secret');
    }
  });
});
