import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  answer,
  brokenAnswer,
  drop,
  fateOf,
  type LiveConsole,
  type OpenedPage,
  openOnlyRow,
  startConsole,
  tabTo,
} from './console-page.ts';

jest.setTimeout(90_000);

const hour = 3_600_000;
/** Text for a program that takes it for markup; all that it would do is to be seen by this test. */
const markup = '<img src=x onerror="document.title=1">';

let own: LiveConsole;
let opened: OpenedPage;
let page: Page;

beforeAll(async () => {
  own = await startConsole();
});
afterAll(() => own?.close());
beforeEach(async () => {
  opened = await own.open();
  ({ page } = opened);
});
afterEach(async () => {
  await page.context().close();
});

/** Runs a query of one's own. */
async function query(sql: string): Promise<void> {
  await page.getByLabel('SQL. Control and Enter run it.').fill(sql);
  await page.locator('.rows form').getByRole('button', { name: 'Run' }).click();
}
const cells = () => page.locator('table.data tbody td:not(.toggle)').allTextContents();
const failure = () => page.locator('.rows .fail').textContent();

describe('the page', () => {
  test('tells how the pipeline is, and what is in each of its parts', async () => {
    const { raw, curated } = own.live.flow().buckets;
    expect(raw.objects).toBeGreaterThan(0);
    await page.getByRole('status').filter({ hasText: 'All is well' }).waitFor();
    await page.getByRole('img', { name: new RegExp(`^raw: ${raw.objects} object`) }).waitFor();
    await page.getByRole('img', { name: new RegExp(`^curated: ${curated.objects} object`) }).waitFor();
  });

  test('takes a file, and shows its row', async () => {
    const name = 'dropped.json';
    const began = performance.now();
    await drop(page, name, answer('Bergen', new Date(Date.now() - hour), 12.3));
    const fate = fateOf(page, name);
    await fate.getByRole('button', { name: 'See its rows' }).waitFor();
    process.stdout.write(`dropped, and its row visible: ${Math.round(performance.now() - began)} ms\n`);
    await fate.getByRole('button', { name: 'See its rows' }).click();
    await openOnlyRow(page);
    expect(await cells()).toContain('Bergen');
    await page.getByRole('heading', { name: 'Line 1 of 1 in raw' }).waitFor();
    expect(await page.locator('.beside pre').textContent()).toContain('"name":"Bergen"');
  });

  test('says why a file is dead, and turns green once its object is edited and sent again', async () => {
    const at = new Date(Date.now() - 2 * hour);
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Drop a file…' }).click();
    const buffer = Buffer.from(brokenAnswer('Tromsø', at));
    await (await chooser).setFiles({ name: 'broken.json', mimeType: 'application/json', buffer });
    const fate = fateOf(page, 'broken.json').first();
    await fate.getByRole('button', { name: 'See why' }).click();
    await page.locator('#letters mark').waitFor();
    expect(await page.locator('#letters mark').textContent()).toContain('NaN');
    await page.locator('#letters').getByRole('button', { name: 'Edit' }).click();
    await page.locator('#letters .judgement.bad').waitFor();
    await page.getByLabel('The object as text').fill(answer('Tromsø', at, 1.5));
    await page.locator('#letters .judgement.good').waitFor();
    await page.getByRole('button', { name: 'Put back and redrive' }).click();
    await page.locator('#activity .feed > li').first().locator('.good').waitFor();
    await page.locator('#letters .count').filter({ hasText: /^0$/ }).waitFor();
    await page.getByRole('status').filter({ hasText: 'All is well' }).waitFor();
  });

  test('runs a query', async () => {
    await query(
      "SELECT location_name, 6 * 7 AS answer FROM weatherapi_current WHERE location_name = 'Lagos'",
    );
    await page.getByRole('cell', { name: '42', exact: true }).waitFor();
    expect(await cells()).toEqual(['Lagos', '42']);
  });

  test('says what is wrong with a query, and keeps the rows of the one before', async () => {
    await query('SELECT 41 AS before');
    await page.getByRole('cell', { name: '41', exact: true }).waitFor();
    await query('SELECT temp FROM weatherapi_current');
    await page.locator('.rows .fail').waitFor();
    expect(await failure()).toMatch(/^There is no column temp\. Did you mean temp_c/);
    expect(await cells()).toEqual(['41']);
  });

  test('reads the lines of its chart aloud, point by point', async () => {
    const at = new Date(Math.floor(Date.now() / hour) * hour - 3 * hour);
    await drop(page, 'chart.json', answer('Bodø', at, -12.4));
    await fateOf(page, 'chart.json').locator('.good').waitFor();
    await page.getByLabel('Column').selectOption('temp_c');
    const line = page.locator('#chart .place').filter({ hasText: 'Bodø' });
    await line.waitFor();
    const plot = page.locator('.plot');
    await plot.focus();
    const said = page.locator('[aria-live=polite]');
    const expected = `${at.toISOString().slice(11, 16)} UTC`;
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('ArrowLeft');
      if ((await said.textContent())?.includes(expected)) break;
    }
    expect(await said.textContent()).toContain('Bodø -12.4 °C');
    expect(await page.locator('.tip').textContent()).toContain('Bodø');
  });

  test('breaks a pipeline by a seed, and shows the verdict of the oracle with its numbers', async () => {
    await page.getByLabel('Seed').fill('7');
    await page.getByRole('button', { name: 'Break it' }).click();
    const verdict = page.locator('#break [role=status]');
    await verdict.filter({ hasText: /^(Nothing lost|\d+ problem)/ }).waitFor({ timeout: 80_000 });
    expect(await verdict.textContent()).toMatch(
      /^Nothing lost: (\d+) of \1 objects accounted for\. [\d,]+ in a table, \d+ dead\. \d+ faults?, seed 7\.$/,
    );
    await page.getByText('Faults that were hit').click();
    expect(await page.locator('#break dd').count()).toBeGreaterThan(0);
  });

  test('is light or dark, as the reader likes it, also after it is loaded again', async () => {
    const background = () => page.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
    const light = await background();
    await page.getByRole('button', { name: 'Dark theme' }).click();
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.getByRole('button', { name: 'Dark theme', pressed: true }).waitFor();
    expect(await background()).toBe(dark);
  });

  test('is as useful after it is loaded again', async () => {
    await page.reload();
    await drop(page, 'again.json', answer('Vardø', new Date(Date.now() - hour), 3));
    await fateOf(page, 'again.json').getByRole('button', { name: 'See its rows' }).click();
    await page.getByRole('cell', { name: 'Vardø', exact: true }).waitFor();
  });

  test('says when its server is gone, and goes on once it is there again', async () => {
    await own.restart(() => page.getByRole('alert').filter({ hasText: 'The server is gone' }).waitFor());
    await page.locator('.banner').waitFor({ state: 'detached' });
    await drop(page, 'after.json', answer('Narvik', new Date(Date.now() - hour), 4));
    await fateOf(page, 'after.json').locator('.good').waitFor();
  });

  test('is used by keys alone', async () => {
    await drop(page, 'keys.json', brokenAnswer('Alta', new Date(Date.now() - 2 * hour)));
    await page.locator('#letters').getByRole('button', { name: 'Edit' }).waitFor();
    const said = page.locator('[aria-live=polite]');

    const calendar = page.locator('svg.cells');
    await tabTo(page, calendar);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await expectText(said, / UTC: /);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    expect(await calendar.evaluate((element) => element === document.activeElement)).toBe(true);

    await tabTo(page, page.getByLabel('SQL. Control and Enter run it.'));
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('SELECT 43 AS typed');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('cell', { name: '43', exact: true }).waitFor();

    await tabTo(page, page.getByRole('link', { name: 'Skip to what needs you' }));
    await page.keyboard.press('Enter');
    await tabTo(page, page.locator('#letters').getByRole('button', { name: 'Edit' }));
    await page.keyboard.press('Enter');
    await page.locator('#letters .judgement.bad').waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(answer('Alta', new Date(Date.now() - 2 * hour), 1.5));
    await page.keyboard.press('Control+Enter');
    await page.locator('#letters .count').filter({ hasText: /^0$/ }).waitFor();
  });
});

async function expectText(where: ReturnType<Page['locator']>, text: RegExp): Promise<void> {
  await page.locator('[aria-live=polite]').filter({ hasText: text }).waitFor({ state: 'attached' });
  expect(await where.textContent()).toMatch(text);
}

describe('nothing leaves the page, and data stays data', () => {
  test('a place, a file and a letter whose names are markup are shown as text [page-text]', async () => {
    await drop(page, `${markup}.json`, answer(markup, new Date(Date.now() - hour), 5));
    await fateOf(page, markup).getByRole('button', { name: 'See its rows' }).click();
    await openOnlyRow(page);
    expect(await cells()).toContain(markup);
    await page.locator('#chart .place').filter({ hasText: '<img' }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('TDF weather pipeline (local)');
    expect(opened.complaints).toEqual([]);
  });

  test('the page asks its own server only, and its browser complains of nothing [page-loopback]', async () => {
    await query('SELECT 44 AS whole');
    await page.getByRole('cell', { name: '44', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Year' }).click();
    await page.getByRole('button', { name: 'Year', pressed: true }).waitFor();
    expect(opened.foreign).toEqual([]);
    expect(opened.complaints).toEqual([]);
  });

  test.each([
    ["SELECT * FROM read_csv('/etc/passwd')", 'Cannot access file "/etc/passwd"'],
    ["COPY (SELECT 1) TO '/tmp/console-written.csv'", 'Cannot access file "/tmp/console-written.csv"'],
    ["ATTACH '/tmp/console-other.db'", 'Expected a query, such as SELECT, got ATTACH.'],
    ['INSTALL httpfs', 'Expected a query, such as SELECT, got INSTALL.'],
  ])('SQL on the page reads the tables and nothing else: %s [page-sql]', async (sql, reason) => {
    await query(sql);
    await page.locator('.rows .fail').waitFor();
    expect(await failure()).toContain(reason);
    await query('SELECT 45 AS fine');
    await page.getByRole('cell', { name: '45', exact: true }).waitFor();
    await page.locator('.rows .fail').waitFor({ state: 'detached' });
  });
});
