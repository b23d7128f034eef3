import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import {
  answer,
  brokenAnswer,
  drop,
  fateOf,
  type LiveConsole,
  openOnlyRow,
  startConsole,
} from './console-page.ts';

jest.setTimeout(90_000);

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let own: LiveConsole;

beforeAll(async () => {
  own = await startConsole();
});
afterAll(() => own?.close());

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

test.each(['light', 'dark'] as const)(
  'a person who sees or moves differently finds no barrier on the page, %s [page-access]',
  async (colorScheme) => {
    const { page } = await own.open({ colorScheme, reducedMotion: 'reduce' });
    const at = new Date(Date.now() - 3_600_000);
    await drop(page, `${colorScheme}.json`, brokenAnswer('Oslo', at));
    await page.locator('#letters').getByRole('button', { name: 'Edit' }).first().click();
    await page.locator('#letters .judgement.bad').waitFor();
    await drop(page, `good-${colorScheme}.json`, answer('Lagos', at, 28));
    await fateOf(page, `good-${colorScheme}.json`).getByRole('button', { name: 'See its rows' }).click();
    await openOnlyRow(page);
    await page.evaluate(axe);
    const violations = await page.evaluate<Violation[]>(
      `axe.run({ runOnly: ${JSON.stringify(rules)} }).then(({ violations }) => violations)`,
    );
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
    expect(found).toEqual([]);
    await page.context().close();
  },
);

test('the page fits a phone: nothing is cut off at its side [page-access]', async () => {
  const { page } = await own.open({ viewport: { width: 390, height: 844 } });
  await page.locator('table.data').waitFor();
  const [content, window] = await page
    .locator('html')
    .evaluate((root) => [root.scrollWidth, root.clientWidth] as const);
  expect(content).toBeLessThanOrEqual(window);
  await page.context().close();
});
