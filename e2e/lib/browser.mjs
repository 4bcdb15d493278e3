// The page in a real Chromium, watched: what it writes to its console, what breaks in it, what its own policy blocks.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { findChromium } from '../../tools/chromium.mjs';
import { RESULTS } from './paths.mjs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** What a person would wait for without reaching for the reload button. */
export const SHOWN_MS_MAX = 15_000;
/** The page names no icon yet, so that the browser asks for one by itself and is told 404. */
const MISSING_ICON = /404 .*\/favicon\.ico/;
/** What a browser says by itself about a server that stops, dies or starts again: which of these, the moment decides. */
export const SERVER_GONE = /net::ERR_|Failed to fetch/;
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser;

/** The one browser of all tabs. `scenario.mjs` closes it after the last test. */
export const closeBrowser = () => browser?.close();

async function launched() {
  browser ??= await chromium.launch({ executablePath: findChromium() ?? undefined, headless: true, args: FLAGS });
  return browser;
}

/** One tab of a browser of its own. Close it with `done`, which also says what went wrong in it. */
export class Tab {
  static async open(world, { width = 1280, height = 900, colorScheme = 'light', url = world.server.url } = {}) {
    const tab = new Tab();
    tab.context = await (await launched()).newContext({ baseURL: url, viewport: { width, height }, colorScheme });
    tab.faults = [];
    return tab.beginning();
  }

  /** Another tab of the same browser. What went wrong in it, the first one's `done` says too, and closes both. */
  another() {
    const tab = new Tab();
    Object.assign(tab, { context: this.context, faults: this.faults });
    return tab.beginning();
  }

  async beginning() {
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(SHOWN_MS_MAX);
    this.watch();
    return this;
  }

  watch() {
    this.page.on('pageerror', (error) => this.faults.push(`an error: ${error.message}`));
    this.page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.faults.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    this.page.on('crash', () => this.faults.push('the tab crashed'));
    // The policy's own event, because not every violation reaches the console.
    this.page.addInitScript(() =>
      document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)),
    );
  }

  /** Opens an address and waits until the page is alive. */
  async go(path) {
    await this.page.goto(path);
    await this.page.getByTestId('connection').waitFor();
  }

  /** Waits for the state of the event stream. */
  connection(state, within = SHOWN_MS_MAX) {
    return this.page.locator(`[data-testid=connection][data-state=${state}]`).waitFor({ timeout: within });
  }

  /** Waits for the state of the pipeline on screen. */
  status(word, within = SHOWN_MS_MAX) {
    return this.page.locator(`[data-testid=pipeline-status][data-status=${word}]`).waitFor({ timeout: within });
  }

  step(agent) {
    return this.page.locator(`[data-testid=step][data-agent="${agent}"]`);
  }

  attempts(agent) {
    return this.step(agent).getByTestId('attempt').evaluateAll((rows) => rows.map((row) => row.dataset.status));
  }

  /** Looks at one view of the attempt that is selected. */
  tab(name) {
    return this.page.getByRole('navigation', { name: 'Views of the attempt' }).getByRole('link', { name, exact: true }).click();
  }

  async screenshot(name) {
    mkdirSync(RESULTS, { recursive: true });
    await this.page.screenshot({ path: join(RESULTS, `${name}.png`), fullPage: true });
  }

  /** Accessible in light and in dark, with a picture of each. */
  async expectAccessibleInBothThemes(name) {
    for (const colorScheme of ['light', 'dark']) {
      await this.page.emulateMedia({ colorScheme });
      await this.expectAccessible(`${name}, ${colorScheme}`);
      await this.screenshot(`${name}-${colorScheme}`);
    }
  }

  /** No violation of WCAG 2.2 A and AA that axe can find. */
  async expectAccessible(name) {
    await this.page.evaluate(AXE);
    // From the top: what lies half under the bar is small only until somebody scrolls.
    const { violations } = await this.page.evaluate(async (tags) => {
      const before = scrollY;
      scrollTo(0, 0);
      const found = await globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags } });
      scrollTo(0, before);
      return found;
    }, WCAG);
    const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `    ${html}\n    ${failureSummary.replaceAll('\n', '\n    ')}`).join('\n')}`);
    assert.deepEqual(told, [], `${name}: ${told.join('\n')}`);
  }

  /** Nothing sticks out to the right. */
  async expectNoSidewaysScroll(name) {
    const { wide, room, culprits } = await this.page.evaluate(() => {
      const room = document.documentElement.clientWidth;
      const sticksOut = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > room + 1);
      return { wide: document.documentElement.scrollWidth, room, culprits: sticksOut.slice(0, 5).map(({ outerHTML }) => outerHTML.slice(0, 120)) };
    });
    assert.ok(wide <= room, `${name} is ${wide} wide in ${room}: ${culprits.join('\n')}`);
  }

  /** Closes the tab; `allowed` are faults that the test has brought about itself. */
  async done(allowed = /$^/) {
    // Else an answer that a route of the test's is still at would fail after it.
    await this.page.unrouteAll({ behavior: 'ignoreErrors' });
    await this.context.close();
    assert.deepEqual(this.faults.filter((fault) => !allowed.test(fault) && !MISSING_ICON.test(fault)), [], 'the page complains');
  }
}
