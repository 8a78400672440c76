import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pageAssets } from '../../reports/html/assets.ts';
import { formatHtml } from '../../reports/html/page.ts';
import { SourceFiles } from '../../reports/source/source-files.ts';
import type { Finding } from '../../src/core/finding.ts';
import { abba, circular, stack } from '../unit/reports/finding-builder.ts';
import { fiveFindings } from '../unit/reports/five-findings.ts';
import { Chromium } from './chromium.ts';
import { sampleGraph } from './sample-graph.ts';

const chromium = new Chromium();
beforeAll(() => chromium.start());
afterAll(() => chromium.stop());

const assets = pageAssets();
const source = new SourceFiles(join(import.meta.dirname, '../..'));
const CIRCLE = ['cache', 'index', 'disk', 'pool'];

function fivePage(): string {
  return formatHtml(fiveFindings(), { assets, source, graph: sampleGraph(300, CIRCLE), toolVersion: '1.2.3' });
}

function pageOf(findings: readonly Finding[]): string {
  return formatHtml(
    findings.map((finding) => ({ finding, environment: null })),
    { assets },
  );
}

const focusedName = (page: Page): Promise<string | null> =>
  page.evaluate(() => document.activeElement?.querySelector('title')?.textContent?.trim() ?? null);
const texts = (page: Page, selector: string): Promise<string[]> => page.locator(selector).allInnerTexts();
const viewBox = (page: Page): Promise<string | null> => page.locator('#canvas').getAttribute('viewBox');

describe('a page opened from a file', () => {
  test('loads nothing else and complains of nothing', async () => {
    const { page, complaints, requests } = await chromium.open(fivePage());
    expect(await page.title()).toBe('dept: 5 findings');
    expect(await page.locator('.finding').count()).toBe(5);
    expect({ complaints, requests }).toEqual({ complaints: [], requests: [] });
  });

  test('the ring leads from each class to the one it waits for, and its letters to the contexts', async () => {
    const { page } = await chromium.open(fivePage());
    const ring = page.locator('#f3 .ring');
    expect(await ring.getAttribute('aria-label')).toBe('Circle of cache:0, then index:0, then disk:0, and back');
    expect(await ring.locator('.letter').allTextContents()).toEqual(['A', 'B', 'C']);
    await ring.locator('a').nth(1).click();
    expect(await page.evaluate(() => location.hash)).toBe('#f3-B');
    expect(await page.locator('#f3-B h4').textContent()).toContain('sync holds disk:0, waits for cache:0');
  });

  test('a lane has [S], [W] and [E] in order, and says who holds what when the wait begins', async () => {
    const { page } = await chromium.open(fivePage());
    const lanes = page.locator('#f3 .timeline tbody tr');
    expect(await lanes.count()).toBe(3);
    const marks = await lanes.evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll('.tag')].map((tag) => tag.textContent).join('')),
    );
    expect(marks).toEqual(['SWE', 'SWE', 'SWE']);
    expect(await lanes.nth(1).locator('.holds').textContent()).toBe('holds disk:0');
    expect(await lanes.nth(1).locator('.waits').textContent()).toBe('waits for cache:0, which A holds');
  });

  test('the code at [W] is on the page, with the call that waits marked', async () => {
    const { page } = await chromium.open(fivePage());
    const line = page.locator('#f1-A details[open] .line.meant');
    expect(await line.textContent()).toContain('await stock.runExclusive');
    expect(await line.locator('mark').textContent()).toBe('runExclusive');
  });

  test('it needs no JavaScript to be read', async () => {
    const { page } = await chromium.open(fivePage(), { javaScriptEnabled: false });
    expect(await page.locator('#f1 h2').textContent()).toContain('can wait for each other for ever');
    expect(await page.locator('#f1 .ring').isVisible()).toBe(true);
    expect(await page.locator('.graph-view').isVisible()).toBe(false);
  });

  test.each([320, 700, 1920])('nothing sticks out of a window of %i pixels', async (width) => {
    const { page } = await chromium.open(fivePage(), { viewport: { width, height: 800 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });

  test('dark and light follow the system, and the button decides otherwise', async () => {
    const { page } = await chromium.open(fivePage(), { colorScheme: 'dark' });
    const paper = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await paper();
    await page.getByRole('button', { name: 'Theme' }).click();
    const light = await paper();
    expect(light).not.toBe(dark);
    await page.getByRole('button', { name: 'Theme' }).click();
    expect(await paper()).toBe(dark);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await paper()).toBe(dark);
  });

  test('on paper all code and stacks are open, and closed again afterwards', async () => {
    const { page } = await chromium.open(fivePage());
    const open = page.locator('details[open]');
    const before = await open.count();
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    expect(await open.count()).toBe(await page.locator('details').count());
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    expect(await open.count()).toBe(before);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('nav').isVisible()).toBe(false);
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
  });
});

describe('the keyboard', () => {
  test('reaches everything in the order of the page', async () => {
    const { page } = await chromium.open(fivePage());
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the findings');
    await page.keyboard.press('Enter');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('f2');
    await page.keyboard.press('k');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('f1');
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog').isVisible()).toBe(true);
    await page.keyboard.press('Enter');
    expect(await page.getByRole('dialog').isVisible()).toBe(false);
  });

  test('searches a class, walks the graph and comes back to the circle', async () => {
    const { page, complaints } = await chromium.open(fivePage());
    await page.keyboard.press('/');
    await page.keyboard.type('service2.');
    const options = page.getByRole('option');
    expect(await options.count()).toBeGreaterThan(1);
    await page.keyboard.press('ArrowDown');
    const wanted = await options.nth(1).locator('bdi').textContent();
    expect(await options.nth(1).getAttribute('aria-selected')).toBe('true');
    await page.keyboard.press('Enter');
    expect(await focusedName(page)).toContain(wanted);
    expect(await page.locator('#details h3').first().textContent()).toBe(wanted);
    await page.keyboard.press('ArrowRight');
    const next = await focusedName(page);
    expect(next).not.toContain(wanted);
    await page.keyboard.press('Enter');
    expect(await page.locator('.node.root title').textContent()).toContain(next ?? '?');
    const box = await viewBox(page);
    await page.keyboard.press('+');
    expect(await viewBox(page)).not.toBe(box);
    await page.keyboard.press('0');
    expect(await viewBox(page)).toBe(box);
    await page.keyboard.press('Shift+ArrowDown');
    expect(await viewBox(page)).not.toBe(box);
    await page.keyboard.press('Escape');
    expect(await page.locator('.node.root > text:first-of-type').allTextContents()).toEqual(['ledger:0', 'stock:0']);
    expect(complaints).toEqual([]);
  });
});

describe('the class graph', () => {
  test('shows the circle of a finding with what surrounds it, and takes filters', async () => {
    const { page } = await chromium.open(fivePage());
    await page.locator('[data-circle="2"]').click();
    const roots = page.locator('.node.root');
    const around = page.locator('.node:not(.root)');
    expect(await roots.locator('text:first-of-type').allTextContents()).toEqual(['cache:0', 'index:0', 'disk:0']);
    expect(await page.locator('.edge.circle').count()).toBe(3);
    const all = await around.count();
    expect(all).toBeGreaterThan(0);
    await page.locator('#steps').selectOption('2');
    expect(await around.count()).toBeGreaterThan(all);
    await page.locator('#kind').selectOption({ label: 'pool' });
    expect(new Set((await around.locator('.kind').allTextContents()).map((text) => text.slice(0, 4)))).toEqual(
      new Set(['pool']),
    );
    await page.locator('#context').fill('no such context');
    expect(await around.count()).toBe(0);
  });

  test('is dragged and zoomed with a pointer', async () => {
    const { page } = await chromium.open(fivePage());
    const canvas = page.locator('#canvas');
    await canvas.scrollIntoViewIfNeeded();
    const before = await viewBox(page);
    const at = await canvas.boundingBox();
    if (at === null) throw new Error('the canvas is not shown');
    await page.mouse.move(at.x + 20, at.y + 20);
    await page.mouse.down();
    await page.mouse.move(at.x + 120, at.y + 60);
    await page.mouse.up();
    const dragged = await viewBox(page);
    expect(dragged).not.toBe(before);
    await page.mouse.move(at.x + 120, at.y + 61);
    expect(await viewBox(page)).toBe(dragged);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    expect(await viewBox(page)).not.toBe(dragged);
    await page.locator('#fit').click();
    expect(await viewBox(page)).toBe(before);
  });

  test('the statistics of a class stand in the table, which its heads sort', async () => {
    const { page } = await chromium.open(fivePage());
    const waits = async (): Promise<number[]> =>
      (await texts(page, '.statistics tbody tr td:nth-child(3)')).map((text) => Number(text));
    await page.getByRole('button', { name: 'Waits', exact: true }).click();
    const down = await waits();
    expect(down.length).toBe(100);
    expect(down).toEqual([...down].sort((a, b) => b - a));
    await page.getByRole('button', { name: 'Waits', exact: true }).click();
    expect(await waits()).toEqual([...down].sort((a, b) => a - b));
  });

  test('of 10,000 classes opens within two seconds, and search finds each of them', async () => {
    const html = formatHtml(fiveFindings(), { assets, graph: sampleGraph(10_000, CIRCLE) });
    const { page, complaints } = await chromium.open(html);
    const ready = await page.evaluate(() => performance.getEntriesByName('dept:ready')[0]?.startTime ?? Infinity);
    expect(ready).toBeLessThan(2000);
    expect(await page.locator('.node').count()).toBeLessThanOrEqual(36);
    await page.locator('#search').fill('ready9999');
    await page.keyboard.press('Enter');
    expect(await page.locator('#details h3').first().textContent()).toBe('service8.ready9999:0');
    expect(complaints).toEqual([]);
  });
});

describe('hostile names', () => {
  const HOSTILE = [
    '</script><script>globalThis.harm = 1</script>',
    '<img src=x onerror="globalThis.harm = 2">',
    '"\'><svg onload=alert`1`>',
    '\u202eevil\u2066',
    'javascript:alert`2`',
    '</style></title></textarea><!--',
    '__proto__',
    '`;globalThis.harm = 3;//',
  ];

  const hostile = (name: string): Finding =>
    circular(
      [
        {
          context: name,
          S: `${name}(${name}:0)`,
          W: `wait(b:0)`,
          E: `${name}(${name}:0)`,
          stacks: { W: stack('f x') },
        },
        { context: 'other', S: `lock(b:0)`, W: `${name}(${name}:0)`, E: `unlock(b:0)` },
      ],
      { message: name, help: [name], fingerprint: name, predictedBy: name },
    );

  test('are text: nothing of them runs, is loaded or becomes an element', async () => {
    const calm = await chromium.open(
      pageOf(HOSTILE.map(() => abba()).map((each, at) => ({ ...each, message: `m${at}` }))),
    );
    const tags = (page: Page): Promise<number[]> =>
      page.evaluate(() =>
        ['script', 'img', 'style', '[onload], [onerror]', '#data ~ script'].map(
          (each) => document.querySelectorAll(each).length,
        ),
      );
    const { page, complaints, requests } = await chromium.open(pageOf(HOSTILE.map(hostile)));
    expect(await tags(page)).toEqual(await tags(calm.page));
    expect(await page.evaluate(() => 'harm' in globalThis)).toBe(false);
    expect({ complaints, requests }).toEqual({ complaints: [], requests: [] });
    const shown = HOSTILE.map((name) => name.replace('\u202e', '\\u202e').replace('\u2066', '\\u2066'));
    expect(await texts(page, '.finding h2')).toEqual(shown);
    for (const [at, name] of shown.entries()) {
      await page.locator(`[data-circle="${at}"]`).click();
      expect(await page.locator('#details h3').first().textContent()).toBe(`${name}:0`);
    }
    expect(await page.evaluate(() => 'harm' in globalThis)).toBe(false);
  });

  test('the policy of the page refuses every other script and style', async () => {
    const { page, complaints } = await chromium.open(pageOf([abba()]));
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.harm = 1';
      document.body.append(script);
      document.body.setAttribute('onclick', 'globalThis.harm = 2');
      document.body.insertAdjacentHTML(
        'beforeend',
        '<style>body{display:none}</style><img src="https://127.0.0.1:9/x">',
      );
      document.body.click();
    });
    expect(await page.evaluate(() => 'harm' in globalThis)).toBe(false);
    expect(await page.locator('main').isVisible()).toBe(true);
    await expect.poll(() => complaints.filter((text) => text.includes('Content Security Policy')).length).toBe(4);
  });
});
