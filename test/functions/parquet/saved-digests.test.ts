import { createHash } from 'node:crypto';
import { test } from '@jest/globals';
import { endpoints } from '../../../local/weatherapi/endpoints.ts';
import { type Place, resolvePlace } from '../../../local/weatherapi/places.ts';
import { parquetOf, tablesOf } from '../convert/converted.ts';

/** SHA-256 of the files of each input below, by table. */
const saved: Readonly<Record<string, string>> = {
  everyType: 'a7040f5c832c38fc4c1ab4b9ba492531eb47e06fc9d251168c80e89b6d124e69',
  manyRows: 'd6e28d03673ceeea5cfefc02de043f26dc909ad1916510b3bfeb920ca1b3a82e',
  'current: weatherapi_current': '9eae0f3566e95e45e26912dffc742698e2bec0a96bf18ef3047e4590569b8ac9',
  'current, drifting: weatherapi_current': 'e4ce3a980bfc54f1ce4ae779db6815b03d10585187c723061bdcca8b39bf5a14',
  'forecast: weatherapi_forecast_hour': '8cb2ead5941a51cd219e0a1fda8441892b99455d006bd22902c63b96799e651f',
  'forecast: weatherapi_forecast_day': '4f9861a710aeeda537bc66b4bdc80eb057c07f2b2995a85da9d79b74dfc86d8a',
  'forecast: weatherapi_alert': '725ca28df2dd85d54db07e1c20d4ae5a4140d24a20c65edfe052b82b975eb24c',
  'forecast, drifting: weatherapi_forecast_hour':
    '251acf3833277cdae115211cc72dcc8871df59b6ae821bab2e20f77057d2512d',
  'forecast, drifting: weatherapi_forecast_day':
    'd7c7aea2d7ca890dc59a53c4d5a90611c6155a31d36ca3f30775382a2b944ae1',
  'forecast, drifting: weatherapi_alert': '9fb40cb64792b34277ff85ca0adb1f2c690811844d47388085aa2711d970756f',
  'history: weatherapi_history_hour': '3572dc149265a998663fca4a51c1f8f673c0012cef84a2a34e899941beb91536',
  'history: weatherapi_history_day': '1664488567d5011beb9f8eaf14b67cbf513f80fef0c3113b1934ae0d84be37d9',
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
