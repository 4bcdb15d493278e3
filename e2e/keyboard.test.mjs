// The page by keyboard alone: sequences, rows, steps, the palette, the sheet; and what no key may do.

import assert from 'node:assert/strict';
import { Tab } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';
import { until } from './lib/waiting.mjs';

const heading = ({ page }, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const path = ({ page }) => new URL(page.url()).pathname;

async function press({ page }, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

/** No dialog has the keyboard any more: that is told after it went out of sight, and takes what was in it away. */
const closed = ({ page }) => until('dialogs to be closed', async () => (await page.locator('dialog > *').count()) === 0);

scenario('every page and every row is reached by keys, and Escape leads back up', async (world) => {
  const { id } = await world.quickFix();
  await world.api.ended(id);
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/pipelines');
  await page.getByTestId('pipeline-row').waitFor();
  for (const [key, name] of [['i', 'Inbox'], ['t', 'Templates'], ['a', 'Agents'], ['u', 'Audit'], ['s', 'Settings'], ['p', 'Pipelines']]) {
    await press(tab, 'g', key);
    await heading(tab, name);
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1', `the focus is on the heading of ${name}`);
  }
  await page.getByTestId('pipeline-row').waitFor();
  await press(tab, 'j', 'o');
  await page.waitForURL(`**/pipelines/${id}`);
  await page.getByTestId('part').first().waitFor();
  await press(tab, '[');
  await page.locator('[data-testid=step][data-agent=developer] [aria-current=step]').waitFor();
  for (const [key, view] of [['h', 'handoff'], ['d', 'diff'], ['s', 'receipt'], ['t', 'transcript']]) {
    await press(tab, key);
    await page.getByTestId(view).waitFor();
  }
  await press(tab, ']');
  await page.locator('[data-testid=step][data-agent=senior-reviewer] [aria-current=step]').waitFor();
  await press(tab, 'c');
  await heading(tab, 'New pipeline');
  await page.getByLabel('What is to be built?').focus();
  await press(tab, 'g', 'i', '?', 'c');
  assert.equal(await page.getByLabel('What is to be built?').inputValue(), 'gi?c', 'no key acts while typing');
  await press(tab, 'Escape');
  assert.equal(path(tab), '/pipelines/new', 'Escape leaves the field first');
  await press(tab, 'Escape');
  await heading(tab, 'Pipelines');
  await tab.done();
});

scenario('the palette finds pages, pipelines and what can be done; the sheet shows the keys; both are accessible', async (world) => {
  const { id } = await world.gatedPlan();
  await world.api.gate(id);
  const tab = await Tab.open(world);
  const { page } = tab;
  const palette = page.getByRole('dialog', { name: 'Search for anything to do' });
  const sheet = page.getByRole('dialog', { name: 'Shortcuts' });
  await tab.go(`/pipelines/${id}`);
  await page.getByTestId('approval-card').waitFor();
  await press(tab, 'Control+k');
  await palette.getByRole('option').filter({ hasText: 'Write a note.' }).waitFor();
  await inspect(tab, 'palette');
  await page.keyboard.type('cancel');
  await until('the best to be chosen', async () => /Cancel the pipeline/.test(await palette.locator('[aria-selected=true]').innerText()));
  await press(tab, 'Enter');
  const question = page.getByRole('dialog', { name: 'Cancel this pipeline?' });
  await question.waitFor();
  await inspect(tab, 'question');
  await press(tab, 'Escape');
  await closed(tab);
  assert.equal((await world.api.pipeline(id)).status, 'waiting_for_approval', 'nothing is cancelled by a key alone');

  await press(tab, '?');
  await sheet.getByText('Cancel the pipeline').waitFor();
  await inspect(tab, 'sheet');
  await press(tab, 'Escape');
  await closed(tab);
  await press(tab, 'a');
  assert.ok(await page.evaluate(() => document.activeElement.dataset.testid === 'approval-card'), 'a only goes to what waits');
  await press(tab, 'r');
  await page.keyboard.type('Go on.');
  await press(tab, 'Control+Enter');
  await tab.status('succeeded', 120_000);
  assert.equal((await world.api.pipeline(id)).approvals[0].comment, 'Go on.');

  await press(tab, 'Escape', 'Control+k');
  await page.keyboard.type('zzzz');
  await palette.getByText('Nothing fits these letters.').waitFor();
  await press(tab, 'Escape');
  await closed(tab);
  await tab.done();
});

async function inspect(tab, name) {
  const { page } = tab;
  await tab.expectAccessibleInBothThemes(name);
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 700 });
  await tab.expectNoSidewaysScroll(name);
  await tab.screenshot(`${name}-narrow`);
  await page.setViewportSize(size);
}

scenario('settings count at once and survive a reload; without single keys only those with Ctrl act', async (world) => {
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/settings');
  await page.getByText(/^theAgency \d/).waitFor();
  await page.getByText('The database answers.').waitFor();
  const root = page.locator('html');
  await page.getByRole('radio', { name: 'Dark' }).check();
  await page.getByRole('radio', { name: 'Compact' }).check();
  await root.and(page.locator('[data-theme=dark][data-density=compact]')).waitFor();
  await page.getByRole('switch', { name: /Single keys/ }).uncheck();
  await inspect(tab, 'settings');
  await page.reload();
  await page.getByText('The database answers.').waitFor();
  await root.and(page.locator('[data-theme=dark][data-density=compact]')).waitFor();
  await page.getByRole('heading', { level: 1 }).focus();
  await press(tab, 'g', 'p', '?', 'c');
  assert.equal(path(tab), '/settings');
  assert.equal(await page.getByRole('dialog').count(), 0);
  await press(tab, 'Control+k');
  await page.keyboard.type('templates');
  await press(tab, 'Enter');
  await heading(tab, 'Templates');
  await tab.done();
});

scenario('a single key is given to something else, or switched off, and all are given back', async (world) => {
  const tab = await Tab.open(world);
  const { page } = tab;
  const unfold = () => page.getByText('Single keys', { exact: true }).click();
  const field = (name) => page.getByLabel(name, { exact: true });
  const row = (name) => page.locator('.key-fields > .field', { has: field(name) });
  const saved = () => page.getByRole('status').filter({ hasText: /^Saved$/ }).waitFor();
  const leave = () => page.getByRole('heading', { level: 1 }).focus();
  await tab.go('/settings');
  await page.getByText('The database answers.').waitFor();
  await unfold();
  await field('Inbox').focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('q i');
  await press(tab, 'Enter');
  await saved();
  assert.equal(path(tab), '/settings', 'no key acts while typing');

  for (const [keys, why] of [['g', 'g p is taken by: Pipelines'], ['q', 'q i is taken by: Inbox'], ['Tab', 'Tab cannot be used'], ['a b c', 'At most two keys']]) {
    await field('Audit').fill(keys);
    await press(tab, 'Enter');
    await row('Audit').getByRole('alert').filter({ hasText: why }).waitFor();
    assert.equal(await field('Audit').getAttribute('aria-invalid'), 'true');
  }
  assert.equal(await page.getByText('Saved', { exact: true }).count(), 0);
  await inspect(tab, 'single-keys');
  await field('Templates').fill('');
  await press(tab, 'Enter');
  await saved();
  assert.deepEqual([await field('Audit').inputValue(), await field('Audit').getAttribute('aria-invalid')], ['g u', 'false'], 'what was refused is gone');

  await page.reload();
  await page.getByText('The database answers.').waitFor();
  await leave();
  await press(tab, 'g', 't', 'g', 'i');
  await press(tab, '?');
  const sheet = page.getByRole('dialog', { name: 'Shortcuts' });
  await sheet.waitFor();
  assert.equal(path(tab), '/settings', 'neither the old keys nor those that are off do anything');
  const shown = async (name) => (await sheet.getByRole('term').filter({ hasText: name }).locator('xpath=../dd').allInnerTexts()).map((keys) => keys.replaceAll(/\s/g, ''));
  assert.deepEqual(await Promise.all(['Inbox', 'Audit', 'Templates'].map(shown)), [['qi'], ['gu'], []], 'what was refused was not kept');
  await press(tab, 'Escape');
  await closed(tab);
  await press(tab, 'q', 'i');
  await heading(tab, 'Inbox');
  await press(tab, 'Control+k');
  const option = (name) => page.getByRole('option', { name }).locator('.palette-keys').allInnerTexts();
  await until('the palette', async () => (await option(/^Inbox/)).join('').replaceAll(/\s/g, '') === 'qi');
  assert.deepEqual(await option(/^Templates/), []);
  await press(tab, 'Escape');
  await closed(tab);
  await press(tab, 'g', 's');
  await heading(tab, 'Settings');

  await unfold();
  await field('Audit').fill('g');
  await press(tab, 'Enter');
  await page.getByRole('button', { name: 'Reset all keys' }).click();
  await until('all keys as they were', async () => {
    const values = await Promise.all(['Inbox', 'Audit', 'Templates'].map((name) => field(name).inputValue()));
    return values.join() === 'g i,g u,g t';
  });
  assert.equal(await page.locator('.key-fields [aria-invalid=true]').count(), 0);
  await leave();
  await press(tab, 'g', 't');
  await heading(tab, 'Templates');
  await press(tab, 'g', 's');
  await page.getByRole('switch', { name: /Single keys/ }).uncheck();
  assert.equal(await page.getByText('Single keys', { exact: true }).isVisible(), false, 'without single keys there is nothing to set');
  await tab.done();
});

/** The pitches of the notes that were played, in hertz. */
const heard = (page) => page.evaluate(() => globalThis.heard);

scenario('title and icon say how many wait, and a notification and a sound come only where they were asked for', async (world) => {
  const tab = await Tab.open(world);
  const { page } = tab;
  await page.addInitScript(() => {
    globalThis.notified = [];
    globalThis.asked = 0;
    globalThis.Notification = class {
      static permission = 'default';
      static requestPermission() {
        globalThis.asked += 1;
        this.permission = 'granted';
        return Promise.resolve('granted');
      }
      constructor(title, { body, tag }) {
        globalThis.notified.push({ title, body, tag });
      }
      close() {}
    };
    globalThis.heard = [];
    const { start } = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (when) {
      globalThis.heard.push(this.frequency.value);
      return start.call(this, when);
    };
    Document.prototype.hasFocus = () => false;
  });
  await tab.go('/settings');
  await tab.connection('live');
  assert.equal(await page.evaluate(() => globalThis.asked), 0, 'nobody is asked unasked');
  await page.getByRole('switch', { name: /Tell me what waits/ }).check();
  await until('the browser to be asked', () => page.evaluate(() => globalThis.asked === 1));
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  });
  assert.deepEqual(await heard(page), [], 'it is silent until it is asked for');
  await page.getByRole('switch', { name: /Play a sound/ }).check();
  assert.equal((await heard(page)).length, 2, 'it is heard as it will sound');
  const { id } = await world.gatedPlan();
  const approval = await world.api.gate(id);
  await until('the title', async () => /^\(1\) needs you/i.test(await page.title()), { seen: () => page.title() });
  assert.match(await page.locator('#icon').getAttribute('href'), /<text[^>]*>1<\/text>/);
  await until('the notification', () => page.evaluate(() => globalThis.notified.length === 1));
  const [notification] = await page.evaluate(() => globalThis.notified);
  assert.deepEqual([notification.tag, notification.body], [`approval-${approval.id}`, 'Is this the plan?']);
  assert.deepEqual((await heard(page)).map(Math.round), [587, 880, 587, 880]);
  await world.api.cancel(id);
  await until('the title without a count', async () => !/^\(/.test(await page.title()));
  await tab.done();
});

scenario('a row of a list keeps the focus when others come before it at once', async (world) => {
  const repo = world.repository();
  const create = (title) => world.quickFix({ repo: repo.path, title });
  await create('The first');
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/pipelines');
  const row = page.getByRole('link', { name: 'The first' });
  await row.focus();
  const held = [];
  let isHeld = true;
  await page.route((url) => url.pathname === '/api/v1/pipelines', (route) => (isHeld ? held.push(route) : route.continue()));
  const later = ['The second', 'The third', 'The fourth'];
  for (const title of later) await create(title);
  await until('the page to ask for the list', () => held.length > 0);
  isHeld = false;
  await Promise.all(held.map((route) => route.continue()));
  for (const title of later) await page.getByRole('link', { name: title }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'The first');
  await tab.done();
});
