import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkTypes, copyProject, edit, typed } from './project.ts';

const folder = 'dt=2026-11-22';
const current = (name: string, members: object) => ({
  location: { name },
  current: { last_updated_epoch: 1795323600, ...members },
});
const forecast = (name: string, members: readonly object[]) => ({
  location: { name, localtime_epoch: 1795323600 },
  forecast: {
    forecastday: [
      {
        date: '2026-11-22',
        hour: members.map((each, hour) => ({ time_epoch: 1795305600 + hour * 3600, ...each })),
      },
    ],
  },
});

test('a field that is declared later, by the line that drift prints, is in old rows after deploy and replay [drift]', async () => {
  const project = await copyProject();
  const land = async (dataset: string, answers: Readonly<Record<string, object>>) => {
    for (const [file, answer] of Object.entries(answers))
      await writeFile(join(project, file), JSON.stringify(answer));
    const files = Object.keys(answers).join(' ');
    await typed(project, `npx tdf drop ${files} --local --dataset ${dataset} --day 2026-11-22`);
  };
  try {
    await land('weatherapi/current', {
      'oslo.json': current('Oslo', { temp_c: 1, lightning: { strikes: 0 }, snow: 0 }),
      'rome.json': current('Rome', { temp_c: 2, snow: 1.25 }),
      'nice.json': current('Nice', { temp_c: 3 }),
    });
    await land('weatherapi/forecast', { 'bonn.json': forecast('Bonn', [{ fog: 'thin' }, {}]) });

    const drift = await typed(project, 'npx tdf drift --local');
    const pasted = [
      ...drift.matchAll(/^To declare them, paste into "fields" of (\S+) in (\S+):\n((?:\{ column: .*\n)+)/gm),
    ].map(([, table = '', file = '', lines = '']) => ({ table, file, lines }));
    expect(pasted).toEqual([
      {
        table: 'weatherapi_current',
        file: 'shared/datasets/weatherapi-current.ts',
        lines: "{ column: 'snow', path: 'current.snow', type: 'double', meaning: 'Not described yet.' },\n",
      },
      {
        table: 'weatherapi_forecast_hour',
        file: 'shared/datasets/weatherapi-forecast.ts',
        lines:
          "{ column: 'fog', path: 'forecast.forecastday[].hour[].fog', type: 'string', meaning: 'Not described yet.' },\n",
      },
    ]);
    for (const { table, file, lines } of pasted) {
      const name = table.replace('_', '/');
      await edit(join(project, file), (text) => {
        const start = text.indexOf(`name: '${name}',\n`, text.indexOf('tables: ['));
        const fields = text.indexOf('fields: [', start) + 'fields: ['.length;
        return `${text.slice(0, fields)}\n${lines}${text.slice(fields)}`;
      });
    }
    await checkTypes(project);

    // The command deploys the changed sources on this computer.
    const commands = drift.match(/npx tdf replay .*/g) ?? [];
    expect(commands).toEqual([
      'npx tdf replay --drifted --dataset weatherapi/current --local',
      'npx tdf replay --drifted --dataset weatherapi/forecast --local',
    ]);
    const [first = '', second = ''] = commands;
    expect(JSON.parse(await typed(project, first, ['--json']))).toMatchObject({
      listed: 2,
      sent: 2,
      first: [expect.stringContaining(`weatherapi/current/${folder}/oslo`), expect.stringContaining('/rome')],
      local: { converted: 2, deadLetters: [] },
    });
    expect(JSON.parse(await typed(project, second, ['--json']))).toMatchObject({ sent: 1 });

    const rows = (sql: string) => typed(project, `npx tdf query --local --json "${sql}"`).then(JSON.parse);
    expect(
      await rows(
        'SELECT location_name, temp_c, snow, rescued FROM weatherapi_current ORDER BY location_name',
      ),
    ).toEqual([
      { location_name: 'Nice', temp_c: 3, snow: null, rescued: null },
      { location_name: 'Oslo', temp_c: 1, snow: 0, rescued: '{"current.lightning":{"strikes":0}}' },
      { location_name: 'Rome', temp_c: 2, snow: 1.25, rescued: null },
    ]);
    expect(await rows('SELECT fog, rescued FROM weatherapi_forecast_hour ORDER BY forecast_for')).toEqual([
      { fog: 'thin', rescued: null },
      { fog: null, rescued: null },
    ]);
    const after = await typed(project, 'npx tdf drift --local --json').then(JSON.parse);
    expect(after.drifts.map(({ path }: { path: string }) => path)).toEqual(['current.lightning']);
  } finally {
    await rm(project, { recursive: true });
  }
}, 240_000);
