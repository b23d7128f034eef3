import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { startServer } from '../../../console/server/server.ts';
import { closeable } from '../../../local/closeable.ts';
import { act } from '../../../operations/live/actions.ts';
import { type LiveStack, startLive } from '../../../operations/live/live-stack.ts';
import { useAssembly } from '../../cli/state.ts';
import { until } from '../../local/until.ts';
import { startChromium } from './chromium.ts';

/** What `npm run dev` keeps up, with a run that has landed, and a browser to look at it. */
export interface LiveConsole {
  readonly live: LiveStack;
  /** Opens the page, as nobody has seen it before. */
  open(options?: BrowserContextOptions): Promise<OpenedPage>;
  /** The page's server goes, and comes again on the same port, with another token. @param meanwhile done while it is gone */
  restart(meanwhile: () => Promise<unknown>): Promise<void>;
  close(): Promise<void>;
}

export interface OpenedPage {
  readonly page: Page;
  /** What the browser complained of: errors, and what the policy of the page forbids. */
  readonly complaints: string[];
  /** Everything that the page asked for, except what its own server has. */
  readonly foreign: string[];
}

export function startConsole(locations = ['Oslo', 'Lagos']): Promise<LiveConsole> {
  return closeable(async (opened) => {
    const stateDir = await mkdtemp(join(tmpdir(), 'console-'));
    opened.defer(() => rm(stateDir, { recursive: true }));
    await useAssembly(stateDir);
    const stop = new AbortController();
    const live = opened.adopt(
      await startLive({
        stateDir,
        datasets: undefined,
        locations,
        apiKey: undefined,
        signal: stop.signal,
        alarmText: (description) => description,
        onProgress: () => {},
        onTrouble: (reason) => {
          throw new Error(reason);
        },
      }),
      (up) => up.close(),
    );
    opened.defer(() => stop.abort());
    const at = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000).toISOString();
    const { id } = act(live, { kind: 'run', dataset: 'weatherapi/current', at });
    const steps = () => live.activities.list().find((entry) => entry.id === id)?.steps;
    await until(() => steps()?.at(-1)?.state === 'good');
    const browser = opened.adopt(await startChromium(), (started) => started.close());
    let server = await startServer(live, { ports: [0] });
    opened.defer(() => server.close());
    return {
      live,
      open: (options?: BrowserContextOptions) => open(browser, server.url, options),
      restart: async (meanwhile: () => Promise<unknown>) => {
        await server.close();
        await meanwhile();
        server = await startServer(live, { ports: [server.port] });
      },
    };
  });
}

async function open(browser: Browser, url: string, options?: BrowserContextOptions): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  const foreign: string[] = [];
  context.on('request', (request) => {
    if (!request.url().startsWith(url)) foreign.push(request.url());
  });
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(error.error().message));
  const page = await context.newPage();
  await page.goto(url);
  await page
    .getByRole('status')
    .filter({ hasText: /All is well|need|Waiting/ })
    .first()
    .waitFor();
  return { page, complaints, foreign };
}

/** Drops a file onto the page, as a hand would. */
export function drop(page: Page, name: string, text: string): Promise<void> {
  return page.locator('body').evaluate(
    (body, [fileName, content]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([content], fileName));
      for (const type of ['dragenter', 'dragover', 'drop'])
        body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
    },
    [name, text] as const,
  );
}

/** What Activity tells of a file. */
export function fateOf(page: Page, name: string): Locator {
  return page.locator('#activity .feed > li').filter({ hasText: name });
}

/** Waits for the only row of a query, and opens it beside its line in raw. */
export async function openOnlyRow(page: Page): Promise<void> {
  await page
    .locator('.rows [role=status]')
    .filter({ hasText: /^1 row,/ })
    .waitFor();
  await page.getByRole('button', { name: 'Raw line of row 1' }).click();
  await page.locator('.beside pre').waitFor();
}

/** An answer of the API about a place. */
export function answer(place: string, at: Date, celsius: number): string {
  const epoch = Math.floor(at.getTime() / 1000);
  return `${JSON.stringify({ location: { name: place }, current: { last_updated_epoch: epoch, temp_c: celsius } })}\n`;
}

/** Two answers, the second of which is not JSON. */
export function brokenAnswer(place: string, at: Date): string {
  return answer(place, at, 1) + answer(place, at, 1.5).replace('1.5', 'NaN');
}

/** Presses Tab until the focus is there. @throws {Error} when it never is */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 150; presses++) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`150 times Tab do not lead to ${target}.`);
}
