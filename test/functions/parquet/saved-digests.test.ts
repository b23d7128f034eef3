import { createHash } from 'node:crypto';
import { test } from '@jest/globals';
import { endpoints } from '../../../local/weatherapi/endpoints.ts';
import { type Place, resolvePlace } from '../../../local/weatherapi/places.ts';
import { parquetOf, tablesOf } from '../convert/converted.ts';

/** SHA-256 of the files of each input below, by table. */
const saved: Readonly<Record<string, string>> = {
  everyType: '0a5d67687cc8ac93d743b9b93aa1531221470041e773c38e0bfb9b85273d1bb2',
  manyRows: 'cb0982aef6fd8d0fc1cedb67f6f68fb61be625aa28f47666602e2337b10693a8',
  'current: weatherapi_current': '8ba6456e3e33c11d2e25b4fcd9ff9a4718029249a8a1e51fe6c4760142b70f01',
  'current, drifting: weatherapi_current': 'ae6faac8f38919ae37c23a69ed314b91ec8b6e28241a455a3aaaf4a7bcfbe66b',
  'forecast: weatherapi_forecast_hour': 'b9950848e3e467feb48dbe69cb8104099804847c7014ec1c517d08ff5bfe9cd6',
  'forecast: weatherapi_forecast_day': '50e8e2bc659a4dfac40a449a304de30659cc0519ba23a48f917bd7f3121edd63',
  'forecast: weatherapi_alert': '0bd927905d17030feebf969df78df295d8c6d19c702b57157e5db20ec25a60db',
  'forecast, drifting: weatherapi_forecast_hour':
    '9745c148d8fa4a4c589afe330cb85865ffb7dd0fd48fb964fdce1f3375550d1c',
  'forecast, drifting: weatherapi_forecast_day':
    'ceef21a9d73af051b937879fc9dc77ce3db1c266586f92ef936d8ea973d0d066',
  'forecast, drifting: weatherapi_alert': '1872fc230a03be94bb37e569f6194dd80f567c01fe79804c5ca236fdadce6d92',
  'history: weatherapi_history_hour': '68c0ab45a94d6220bafcbf263924f2fb75511d65764a96b353af36147db60d80',
  'history: weatherapi_history_day': 'cd218084cdd671afe824b68b79eac135d27ebc912bb0e07e03a0696cf9036ec9',
};

const everyType = Array.from({ length: 20 }, (_, row) => ({
  string: row % 3 ? 'Oslo' : `${'Saint-Étienne '.repeat(5)}${row % 2}`,
  double: row / 8,
  int: row % 2,
  bigint: row % 4 ? row : null,
  timestamp: 1_795_323_600,
}));

/** More rows than a row group has. */
const manyRows = Array.from({ length: 50_100 }, (_, row) => ({
  int: row >> 5,
  string: row % 50 ? 'Oslo' : `${row}`,
}));

const towns = 'Sydney,Tokyo,Łódź,São Paulo,東京,München,Nairobi,New York,Tromsø,Cairo'.split(',');

/** What the stand-in answers, hour after hour, for one of three hundred places each time. */
function answers(endpoint: string, count: number, query: string): string[] {
  return Array.from({ length: count }, (_, number) => {
    const place = resolvePlace(`${towns[number % towns.length]} ${number % 300}`) as Place;
    const now = new Date(Date.UTC(2026, 0, 1, Math.floor(number / 300), 0, 2));
    const answer = endpoints[endpoint]?.({ place, now, query: new URLSearchParams(query), plan: 'pro' });
    const text = JSON.stringify(answer);
    return number % 7 === 3 ? text.replaceAll(/"(humidity|uv|desc|sunrise)":[^,}]+/g, '"$1":null') : text;
  });
}

const newValues = ['1.50', 'true', '"high"', '12345678901234567', 'null', '"Zürich"', '{"value":5.0}'];

/** Half of the answers have undeclared members, and a value of another type. */
function drifting(texts: readonly string[]): string[] {
  return texts.map((text, number) => {
    const value = newValues[(number >> 1) % newValues.length];
    if (number % 2 === 0) return text;
    return text
      .replace(/"humidity":\d+/, `"humidity":${value}`)
      .replaceAll(/"(temp_c|avghumidity|event)":/g, `"$1_new":${value},"$1.é":0.10,$&`);
  });
}

const current = answers('current', 3000, 'aqi=yes');
const forecast = answers('forecast', 30, 'days=3&aqi=yes&pollen=yes&alerts=yes');
const history = answers('history', 15, 'dt=2025-12-20&end_dt=2025-12-25');
const ofAnswers = {
  current,
  'current, drifting': drifting(current),
  forecast,
  'forecast, drifting': drifting(forecast),
  history,
};

test('a file has the bytes that it had before', async () => {
  const found: Record<string, string> = {};
  const add = (name: string, file: Uint8Array) => {
    found[name] = createHash('sha256').update(file).digest('hex');
  };
  for (const [name, rows] of Object.entries({ everyType, manyRows }))
    add(name, await parquetOf(rows.map((a) => JSON.stringify({ a })).join('\n')));
  for (const [name, texts] of Object.entries(ofAnswers)) {
    const key = `weatherapi/${name.split(',')[0]}/dt=2026-01-01/20260101T050000Z.json`;
    const { tables } = await tablesOf(texts.join('\n'), { key, fetchedAt: new Date('2026-01-01T05:00:03Z') });
    for (const { table, file } of tables) add(`${name}: ${table}`, file);
  }
  const changed = Object.keys({ ...saved, ...found }).filter((name) => saved[name] !== found[name]);
  if (changed.length === 0) return;
  const lines = Object.entries(found).map(([name, digest]) => `  '${name}': '${digest}',`);
  throw new Error(
    `Files have other bytes than before (${changed.join('; ')}), and every such file would change when it is ` +
      `converted again. If this is meant, and row-groups.test.ts passes, save these digests here:\n${lines.join('\n')}`,
  );
});
