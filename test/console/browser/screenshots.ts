import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { fillLastDays } from '../../../operations/live/fill.ts';
import { datasets } from '../../../shared/datasets.ts';
import setUp from '../../assembly.ts';
import { answer, brokenAnswer, drop, fateOf, startConsole } from './console-page.ts';
import { smallPng } from './small-png.ts';

/** Makes the README's pictures of the page: two weeks of a pipeline, a file that arrived and one that did not. */
await setUp();
const own = await startConsole(['Oslo', 'Marysville', 'Lagos']);
try {
  await fillLastDays(own.live, datasets, 14);
  await own.live.runtime.settled({ timeout: 300_000 });
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await own.open({ colorScheme, reducedMotion: 'reduce' });
    if (colorScheme === 'light') {
      await drop(page, 'broken.json', brokenAnswer('Oslo', new Date()));
      await fateOf(page, 'broken.json').getByRole('button', { name: 'See why' }).waitFor();
      await drop(page, 'bergen.json', answer('Bergen', new Date(Date.now() - 3_600_000), 6.5));
      await fateOf(page, 'bergen.json').getByRole('button', { name: 'See its rows' }).waitFor();
    }
    await page.locator('#letters mark').waitFor();
    await page.locator('#chart .place').filter({ hasText: 'Bergen' }).waitFor();
    await page.locator('table.data').waitFor();
    await page.locator('.bone').first().waitFor({ state: 'detached' });
    const path = fileURLToPath(new URL(`../../../docs/page-${colorScheme}.png`, import.meta.url));
    await writeFile(path, smallPng(await page.screenshot()));
    await page.context().close();
  }
} finally {
  await own.close();
}
