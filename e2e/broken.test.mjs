// The page when it breaks, does not arrive whole, or is older than its server.

import assert from 'node:assert/strict';
import { SERVER_GONE, Tab } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';
import { until } from './lib/waiting.mjs';

const dialog = ({ page }, name) => page.getByRole('alertdialog', { name });

scenario('a page that panics says so, offers Reload, and tells the server', async (world) => {
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/settings');
  // The next element that the module makes is refused, which no part of it expects.
  await page.evaluate(() => {
    const create = document.createElement;
    document.createElement = () => {
      document.createElement = create;
      throw new Error('refused on purpose');
    };
  });
  await page.keyboard.press('Control+k');
  const broken = dialog(tab, 'The page stopped working');
  await broken.filter({ hasText: 'Your pipelines go on' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Reload');
  await page.keyboard.press('Escape');
  assert.ok(await broken.isVisible(), 'there is nothing to go back to');
  await tab.expectAccessible('a page that broke');
  await tab.screenshot('broken');
  await until('the server’s log to have it', () => /the page broke in somebody's browser.*panicked at.*"path":"\\"\/settings\\""/.test(world.server.child.output));
  await broken.getByRole('button', { name: 'Reload' }).click();
  await broken.waitFor({ state: 'detached' });
  await tab.connection('live');
  await tab.done(/panicked|refused on purpose|unreachable/);
});

for (const [what, file, place] of [
  ['module', /_bg\.wasm$/, '/pipelines'],
  ['second module, where it is needed first,', /_later\.wasm$/, '/settings'],
  ['script', /frontend-[0-9a-f]+\.js$/, '/pipelines'],
]) {
  scenario(`a page whose ${what} does not arrive says so and is loaded again`, async (world) => {
    const tab = await Tab.open(world);
    const { page } = tab;
    await page.route(file, (route) => route.abort());
    await page.goto(place);
    const broken = dialog(tab, 'The page could not be loaded');
    await broken.waitFor();
    assert.equal(await page.locator('header .brand').innerText(), 'theAgency', 'what stands around every page is there without it');
    await page.unroute(file);
    await broken.getByRole('button', { name: 'Reload' }).click();
    await tab.connection('live');
    assert.equal(await page.locator('header').count(), 1, 'and once when it is there');
    await tab.done(/ERR_FAILED|Failed to fetch|preload/);
  });
}

scenario('a theme that was chosen holds before the module is there', async (world) => {
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/pipelines');
  await page.getByRole('button', { name: /^Theme: / }).click();
  const chosen = await page.evaluate(() => document.documentElement.dataset.theme);
  await page.route(/_bg\.wasm$/, (route) => route.abort());
  await page.reload();
  await dialog(tab, 'The page could not be loaded').waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), chosen);
  await tab.done(/ERR_FAILED|Failed to fetch|preload/);
});

scenario('a page that is older than its server offers to be loaded anew, and keeps what is typed until then', async (world) => {
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/pipelines/new');
  await tab.connection('live');
  await page.getByLabel('What is to be built?').fill('Half a sentence');
  const banner = page.getByTestId('outdated');
  await world.server.stop();
  await tab.connection('reconnecting');
  await world.server.start();
  await tab.connection('live');
  // The same page: nothing to say. A new one comes with other names of its files.
  const index = (await world.api.get('/', { accept: 'text/html' })).replace(/frontend-[0-9a-f]+/g, 'frontend-0123456789abcde');
  await page.route((url) => url.pathname === '/', (route) => route.fulfill({ body: index, contentType: 'text/html' }));
  assert.equal(await banner.count(), 0);
  await world.server.stop();
  await tab.connection('reconnecting');
  await world.server.start();
  await banner.filter({ hasText: 'new version' }).waitFor();
  assert.equal(await page.getByLabel('What is to be built?').inputValue(), 'Half a sentence');
  await tab.expectAccessible('an outdated page');
  await page.unroute((url) => url.pathname === '/');
  await banner.getByRole('button', { name: 'Reload' }).click();
  await banner.waitFor({ state: 'detached' });
  await tab.connection('live');
  await tab.done(SERVER_GONE);
});
