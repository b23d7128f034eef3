import { describe, expect, test } from '@jest/globals';
import { verdictOn } from '../../../functions/fetch/verdict.ts';

const data = '{"location":{"name":"Marysville"},"current":{"temp_c":21.4}}';

function errorBody(code: unknown, message = 'a message of the provider'): string {
  return JSON.stringify({ error: { code, message } });
}

const known = [
  { status: 401, code: 1002, kind: 'run-failed' },
  { status: 400, code: 1003, kind: 'location-failed' },
  { status: 400, code: 1005, kind: 'location-failed' },
  { status: 400, code: 1006, kind: 'location-failed' },
  { status: 400, code: 1007, kind: 'location-failed' },
  { status: 400, code: 1008, kind: 'run-failed' },
  { status: 401, code: 2006, kind: 'key-refused' },
  { status: 403, code: 2007, kind: 'quota-spent' },
  { status: 403, code: 2008, kind: 'run-failed' },
  { status: 403, code: 2009, kind: 'run-failed' },
  { status: 400, code: 9000, kind: 'run-failed' },
  { status: 400, code: 9001, kind: 'run-failed' },
  { status: 400, code: 9999, kind: 'transient' },
] as const;

describe('an error that WeatherAPI is known to send', () => {
  test.each(known)('with HTTP $status and code $code is $kind [error-table]', ({ status, code, kind }) => {
    const verdict = verdictOn(status, errorBody(code));
    expect(verdict).toEqual({
      kind,
      reason: expect.stringMatching(new RegExp(`^HTTP ${status} code ${code}: .+`)),
    });
  });

  test.each(known)('with code $code is $kind whatever the status is [error-table]', ({ code, kind }) => {
    for (const status of [200, 204, 302, 400, 403, 404, 429, 500]) {
      expect(verdictOn(status, errorBody(code)).kind).toBe(kind);
    }
  });

  test('counts when its code comes as text, too', () => {
    expect(verdictOn(400, errorBody('1006')).kind).toBe('location-failed');
    expect(verdictOn(200, errorBody('2007')).kind).toBe('quota-spent');
  });

  test('is told in our own words: what the answer says may repeat the URL', () => {
    for (const code of [1005, 1234, 'key=SECRET', { key: 'SECRET' }]) {
      const verdict = verdictOn(400, errorBody(code, 'GET /v1/current.json?key=SECRET is invalid'));
      expect(JSON.stringify(verdict)).not.toMatch(/SECRET|current/);
    }
  });
});

describe('an answer without a known code', () => {
  test.each([
    { status: 200, body: data, kind: 'data' },
    { status: 203, body: data, kind: 'data' },
    { status: 301, body: '', kind: 'redirected' },
    { status: 302, body: data, kind: 'redirected' },
    { status: 307, body: '', kind: 'redirected' },
    { status: 308, body: '', kind: 'redirected' },
    { status: 400, body: '<html>', kind: 'location-failed' },
    { status: 400, body: errorBody(1234), kind: 'location-failed' },
    { status: 401, body: '<html>', kind: 'key-refused' },
    { status: 403, body: '<html>', kind: 'location-failed' },
    { status: 404, body: data, kind: 'location-failed' },
    { status: 408, body: '', kind: 'transient' },
    { status: 429, body: '', kind: 'transient' },
    { status: 429, body: data, kind: 'transient' },
    { status: 500, body: errorBody(1234), kind: 'transient' },
    { status: 500, body: data, kind: 'transient' },
    { status: 502, body: '<html>', kind: 'transient' },
    { status: 503, body: '', kind: 'transient' },
    { status: 504, body: '', kind: 'transient' },
    { status: 599, body: '', kind: 'transient' },
    { status: 999, body: '', kind: 'transient' },
  ])('with HTTP $status and the body $body is $kind', ({ status, body, kind }) => {
    expect(verdictOn(status, body).kind).toBe(kind);
  });

  test('names the status, and the code if there is one', () => {
    expect(verdictOn(500, '<html>')).toEqual({ kind: 'transient', reason: 'HTTP 500' });
    expect(verdictOn(400, errorBody(1234))).toEqual({
      kind: 'location-failed',
      reason: 'HTTP 400 code 1234',
    });
    expect(verdictOn(400, errorBody(0))).toMatchObject({ reason: 'HTTP 400 code 0' });
  });
});

describe('a body that came with HTTP 200', () => {
  test.each(['', ' ', '<html>Welcome</html>', data.slice(0, 20), 'null', '[]', '"error"', '12', '{"error":'])(
    'that names no error is for convert to judge: %j',
    (body) => {
      expect(verdictOn(200, body)).toEqual({ kind: 'data' });
    },
  );

  test.each([
    errorBody(1234),
    '{"error":{}}',
    '{"error":"quota"}',
    '{"error":true}',
    '{"error":false}',
    '{"error":0}',
    '{"error":""}',
    '{"error":[1006]}',
    `{"error":{"code":1234},${data.slice(1)}`,
  ])('that holds an error of no known code makes no sense: %s [error-with-200]', (body) => {
    expect(verdictOn(200, body)).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/^HTTP 200( code 1234)?, but the body is an error$/),
    });
  });

  test.each([
    data,
    JSON.stringify(JSON.parse(data), null, 2),
    ` ${data}\r\n`,
    `{"error":null,${data.slice(1)}`,
  ])('that is a JSON object without an error is data: %j', (body) => {
    expect(verdictOn(200, body)).toEqual({ kind: 'data' });
  });
});
