import { describe, expect, test } from '@jest/globals';
import { convertEnv, readEnv } from '../../shared/env.ts';
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

  test.each(['0', '-1', '1.5', 'NaN', '1e400', ' 5', '5; touch planted', 'five', '0x5', '99999'])(
    'takes no count of %j, and names what is missing with it [count-of-tries]',
    (MAX_RECEIVE_COUNT) => {
      const read = () => readEnv(convertEnv, { MAX_RECEIVE_COUNT, RAW_BUCKET: 'raw' });
      expect(read).toThrow(ConfigurationError);
      expect(read).toThrow(
        'Missing environment variables: CURATED_BUCKET, DEAD_LETTER_QUEUE_URL, POWERTOOLS_METRICS_NAMESPACE. ' +
          'Expected a whole number, 1 to 9999, in: MAX_RECEIVE_COUNT. The stack sets them, so deploy it again: npx cdk deploy',
      );
    },
  );

  test('takes a count from 1 on', () => {
    for (const MAX_RECEIVE_COUNT of ['1', '5', '1000'])
      expect(readEnv(['MAX_RECEIVE_COUNT'], { MAX_RECEIVE_COUNT })).toEqual({ MAX_RECEIVE_COUNT });
  });

  test('takes no base URL to which the key would travel in plain sight [plain-http]', () => {
    const read = (WEATHERAPI_URL: string) => readEnv(['WEATHERAPI_URL'], { WEATHERAPI_URL });
    for (const url of [
      'http://api.weatherapi.com/v1',
      'http://127.0.0.1.example.com/v1',
      'ftp://localhost',
      'x',
    ]) {
      expect(() => read(url)).toThrow(ConfigurationError);
      expect(() => read(url)).toThrow('Expected https://, or http:// to this computer, in: WEATHERAPI_URL.');
    }
    for (const url of ['https://api.weatherapi.com/v1', 'http://127.0.0.1:8080/v1', 'http://[::1]/v1'])
      expect(read(url)).toEqual({ WEATHERAPI_URL: url });
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
