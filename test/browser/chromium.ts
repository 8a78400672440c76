import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const EXECUTABLE = process.env['DEPT_CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page of ours that is open, and everything it complained about or asked for. */
export interface Opened {
  readonly page: Page;
  /** Messages of the console, errors and dialogs. */
  readonly complaints: readonly string[];
  /** What was loaded, the file itself left out. */
  readonly requests: readonly string[];
}

/** Chromium with a profile of its own; it opens pages from files, as a reader does. */
export class Chromium {
  readonly #folder = mkdtempSync(join(tmpdir(), 'dept-page-'));
  #browser: Browser | null = null;
  #files = 0;

  async start(): Promise<void> {
    if (!existsSync(EXECUTABLE)) {
      throw new Error(`There is no ${EXECUTABLE}: install Debian's chromium, or name another one by DEPT_CHROMIUM.`);
    }
    this.#browser = await chromium.launch({ executablePath: EXECUTABLE, headless: true, args: FLAGS });
  }

  async open(html: string, options: BrowserContextOptions = {}): Promise<Opened> {
    if (this.#browser === null) throw new Error('Chromium was not started.');
    const file = join(this.#folder, `page${this.#files++}.html`);
    writeFileSync(file, html);
    const url = pathToFileURL(file).href;
    const page = await this.#browser.newPage({ viewport: { width: 1200, height: 900 }, ...options });
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (request.url() !== url) requests.push(request.url());
    });
    await page.goto(url);
    return { page, complaints, requests };
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
