import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { Line } from './line.ts';

/** The Chromium that tests drive. */
export const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const pictures = fileURLToPath(new URL('../../dist/screenshots/', import.meta.url));

const launchOptions = {
  executablePath,
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
    // A microphone that beeps, and nobody who has to be asked.
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
  ],
};

/** Two copies of Yjs or ProseMirror in one page: never to be excused. */
const twice = /already imported|loaded more than once/i;
/** What Chromium itself says when the network is gone; that is a state of Weft, not a fault. */
const networkGone = /net::ERR_[A-Z_]+/;

/** A Chromium without anybody's profile, for what needs none. */
export const launchBrowser = (): Promise<Browser> => chromium.launch(launchOptions);

export interface PersonOptions {
  readonly language?: 'en' | 'zh';
  readonly theme?: 'light' | 'dark';
  /** Default 1440 × 900. */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** A phone: touch, and a mobile layout at 390 × 844 unless a viewport is given. */
  readonly phone?: boolean;
}

/**
 * One person at one device: a browser with a profile of its own on disk, so that closing and opening it keeps what
 * the device keeps, and a line to the relay of its own.
 */
export class Person {
  readonly name: string;
  readonly line: Line;
  readonly #profile = mkdtempSync(join(tmpdir(), 'weft-person-'));
  readonly #options: PersonOptions;
  readonly #excused: RegExp[] = [];
  #problems: string[] = [];
  #context: BrowserContext | undefined;
  #page: Page | undefined;

  constructor(name: string, relayPort: number, options: PersonOptions) {
    this.name = name;
    this.line = new Line(relayPort);
    this.#options = options;
  }

  /** The page in front. Another one after `restart`. */
  get page(): Page {
    if (!this.#page) throw new Error(`${this.name}'s browser is not open`);
    return this.#page;
  }

  get context(): BrowserContext {
    if (!this.#context) throw new Error(`${this.name}'s browser is not open`);
    return this.#context;
  }

  get address(): string {
    return this.line.address;
  }

  /** Opens the browser, without going anywhere. */
  async begin(): Promise<void> {
    const { language = 'en', theme = 'light', phone = false, viewport } = this.#options;
    const context = await chromium.launchPersistentContext(this.#profile, {
      ...launchOptions,
      locale: language === 'zh' ? 'zh-CN' : 'en-GB',
      timezoneId: 'Asia/Shanghai',
      colorScheme: theme,
      reducedMotion: 'reduce',
      hasTouch: phone,
      isMobile: phone,
      viewport: viewport ?? (phone ? { width: 390, height: 844 } : { width: 1440, height: 900 }),
    });
    context.setDefaultTimeout(15_000);
    context.on('console', (message) => {
      if (message.type() === 'error' || twice.test(message.text())) this.#note('console', message.text());
    });
    context.on('weberror', (error) => this.#note('page error', String(error.error().stack ?? error.error())));
    this.#context = context;
    this.#page = context.pages()[0] ?? (await context.newPage());
    if (!this.line.isUp) await context.setOffline(true);
  }

  /** Goes to a path of the workspace, such as `/docs`. */
  async open(path = '/'): Promise<Page> {
    await this.page.goto(this.address + path);
    return this.page;
  }

  /** Another tab of the same device. */
  async newTab(path = '/'): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(this.address + path);
    return page;
  }

  async goOffline(): Promise<void> {
    await this.line.pullOut();
    await this.context.setOffline(true);
  }

  async goOnline(): Promise<void> {
    await this.line.plugIn();
    await this.context.setOffline(false);
  }

  /** Closes the browser; `begin` opens it again. */
  async leave(): Promise<void> {
    await this.#context?.close();
    this.#context = undefined;
    this.#page = undefined;
  }

  /** Closes the browser and opens it again on the same profile and with the network as it was. */
  async restart(path = '/'): Promise<Page> {
    await this.leave();
    await this.begin();
    return this.open(path);
  }

  /** From now on console errors and page errors like this are no surprise. */
  excuse(pattern: RegExp): void {
    this.#excused.push(pattern);
  }

  /** What went wrong in the console since the last call. */
  takeProblems(): string[] {
    const problems = this.#problems;
    this.#problems = [];
    return problems;
  }

  /** What its pages show, under dist/screenshots, as a picture and as a screen reader would tell it. */
  async leaveTraces(folder: string): Promise<void> {
    for (const [index, page] of (this.#context?.pages() ?? []).entries()) {
      const path = await screenshot(page, `${folder}/${this.name}-${index}`);
      writeFileSync(
        path.replace(/png$/, 'txt'),
        `${page.url()}\n${await page.locator('body').ariaSnapshot()}\n`,
      );
    }
  }

  /** Closes the browser for good and removes its profile. */
  async close(): Promise<void> {
    await this.leave();
    await this.line.pullOut();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #note(kind: string, text: string): void {
    const excused = networkGone.test(text) || this.#excused.some((pattern) => pattern.test(text));
    if (twice.test(text) || !excused) this.#problems.push(`${this.name}, ${kind}: ${text}`);
  }
}

/** A picture of the page under dist/screenshots, for people to look at. Gives its path. */
export async function screenshot(page: Page, name: string): Promise<string> {
  const path = join(pictures, `${name}.png`);
  mkdirSync(dirname(path), { recursive: true });
  await page.screenshot({ path });
  return path;
}
