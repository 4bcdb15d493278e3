// A run that is long: what is counted does not depend on the machine. How long it takes is measured by `just web-bench`.

import assert from 'node:assert/strict';
import { Tab } from './lib/browser.mjs';
import { writeLongRun } from './lib/long-run.mjs';
import { Proxy } from './lib/proxy.mjs';
import { Repository } from './lib/repository.mjs';
import { scenario } from './lib/scenario.mjs';
import { styledBy } from './lib/styled.mjs';
import { until } from './lib/waiting.mjs';
import { join } from 'node:path';

const PARTS = 1_100;
const PAGE = 200;

const ordinals = ({ page }) =>
  page.getByTestId('part').evaluateAll((parts) => parts.map((part) => Number(/Part (\d+)/.exec(part.textContent)?.[1] ?? /module_(\d+)/.exec(part.textContent)?.[1])));
const range = (from, to) => Array.from({ length: to - from }, (_, index) => from + index);

scenario('of a long transcript the end comes first, the rest by scrolling or at once, each part once and in order', { start: false }, async (world) => {
  const repository = Repository.withHistory(join(world.directory, 'long'));
  const { id } = await writeLongRun(world.server, repository, { parts: PARTS, lines: 3_000 });
  await world.server.start();
  const proxy = await Proxy.start(world.server.url);
  const tab = await Tab.open(world, { url: proxy.url });
  const { page } = tab;
  const shows = (from) => until(`the parts from ${from} on`, async () => JSON.stringify(await ordinals(tab)) === JSON.stringify(range(from, PARTS)), { seen: async () => `${await ordinals(tab)}` });
  const transcript = page.getByTestId('transcript');
  const isAtEnd = () => transcript.evaluate((frame) => frame.scrollHeight - frame.scrollTop - frame.clientHeight < 60);

  await tab.go(`/pipelines/${id}?step=1&attempt=1`);
  await tab.connection('live');
  await shows(PARTS - PAGE);
  await until('the end in sight', isAtEnd);
  assert.ok(proxy.count(`GET /api/v1/pipelines/${id}/transcript`) <= 2, 'a page, and once more when the stream is live');
  await page.getByTestId('earlier').filter({ hasText: `${PARTS - PAGE} earlier entries` }).waitFor();
  await tab.expectAccessible('a long transcript');

  // The reader stays where they are when rows come before what they look at.
  await transcript.evaluate((frame) => frame.scrollTo(0, 500));
  const row = page.getByTestId('part').filter({ hasText: `Part ${PARTS - PAGE + 8}:` }).first();
  const top = async () => (await row.boundingBox()).y;
  const before = await top();
  await shows(PARTS - 2 * PAGE);
  await until('the row to stay', async () => Math.abs((await top()) - before) < 40, { within: 3_000, seen: async () => `${await top()} after ${before}` });

  // An entry far back is fetched with all that follows it, and stands in the middle with the focus.
  await page.goto(`/pipelines/${id}?step=1&attempt=1&part=${PARTS - 4 * PAGE + 1}`);
  const sought = page.locator('[data-testid=part]:focus');
  await sought.waitFor();
  assert.equal(await sought.getAttribute('id'), `part-${PARTS - 4 * PAGE + 1}`);
  const middle = async () => {
    const [entry, frame] = [await sought.boundingBox(), await transcript.boundingBox()];
    return entry.y > frame.y && entry.y + entry.height < frame.y + frame.height;
  };
  await until('the entry in sight', middle);
  await shows(PARTS - 4 * PAGE);
  await page.keyboard.press('Home');
  await until('its beginning in sight', () => transcript.evaluate((frame) => frame.scrollTop < 200));
  await page.keyboard.press('End');
  await until('the end in sight', isAtEnd);

  const taken = await transcript.evaluateHandle((frame) => {
    const taken = [];
    const take = (changes) => taken.push(...changes.flatMap(({ removedNodes }) => [...removedNodes]).filter((node) => node.matches?.('.chunk')));
    new MutationObserver(take).observe(frame.querySelector('.chunk').parentElement, { childList: true });
    return taken;
  });
  await page.getByRole('button', { name: 'Show all' }).click();
  await shows(0);
  assert.equal(await taken.evaluate((taken) => taken.length), 0, 'what comes takes nothing out of the document that is there');
  await page.getByTestId('earlier').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Jump to the end' }).click();
  await until('the end in sight', isAtEnd);

  const fold = page.locator('.part summary').last();
  const folds = await page.locator('.part summary').count();
  const styled = await styledBy(page, () => fold.click());
  assert.ok(folds > 300 && styled > 0 && styled < 100, `a fold that opens has the browser look at itself and at nothing else: at ${styled} elements, of ${folds} folds`);

  await page.goto(`/pipelines/${id}?step=1&attempt=1&tab=changes`);
  await page.getByText('3000 lines').waitFor();
  const file = page.locator('[data-path="long.txt"]');
  assert.equal(await file.locator('tr').count(), 0, 'a long file is folded, and its lines are not there');
  await file.locator('summary').click();
  await until('the lines', async () => (await file.locator('tr.added').count()) === 3_000);
  await tab.done();
  await proxy.close();
});

scenario('a search finds what is not on screen, and the detail says how much of a transcript is', { start: false }, async (world) => {
  const repository = Repository.withHistory(join(world.directory, 'long'));
  const { id } = await writeLongRun(world.server, repository, { parts: PARTS, lines: 10 });
  await world.server.start();
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go(`/pipelines/${id}?step=1&attempt=1`);
  await page.getByTestId('part').nth(PAGE - 1).waitFor();

  const search = page.getByRole('searchbox', { name: 'Search this transcript' });
  const found = page.getByTestId('found');
  await page.keyboard.press('/');
  await until('the search to have the focus', () => search.evaluate((field) => field === document.activeElement));
  await search.fill('MODULE_102');
  await found.getByText('8 entries').waitFor();
  await tab.expectAccessible('what a search found');
  assert.deepEqual(await found.locator('mark').allTextContents(), Array(8).fill('module_102'), 'the words as they stand there');
  const first = found.getByRole('link').first();
  assert.match(await first.textContent(), /^read.*src\/module_102\.rs/);
  await first.click();
  const sought = page.locator('[data-testid=part]:focus');
  await sought.waitFor();
  assert.equal(await sought.getAttribute('id'), 'part-103', 'an entry that was not fetched before');

  await search.fill('');
  await page.getByRole('combobox', { name: 'Only entries of one sort' }).selectOption('Errors');
  await found.getByText('3 entries').waitFor();
  assert.deepEqual(await found.locator('.tool-name').allTextContents(), ['bash', 'bash', 'bash']);
  await search.fill('no such words');
  await found.getByText('No entry has this.').waitFor();
  await search.fill('');
  await page.getByRole('combobox', { name: 'Only entries of one sort' }).selectOption('Any entry');
  await found.waitFor({ state: 'detached' });
  assert.equal(await page.getByTestId('part').first().count(), 1);

  const kinds = () => page.locator('[data-testid=part]:visible').evaluateAll((parts) => [...new Set(parts.map(({ dataset }) => `${dataset.kind} ${dataset.state}`))].sort());
  await page.getByTestId('transcript').focus();
  assert.deepEqual(await kinds(), ['reasoning done', 'text done', 'tool done', 'tool error']);
  await page.keyboard.press('1');
  await until('the summary', async () => `${await kinds()}` === 'text done,tool error', { seen: kinds });
  await page.keyboard.press('3');
  await until('all folds open', async () => (await page.locator('.part details:not([open])').count()) === 0);
  assert.deepEqual(await kinds(), ['reasoning done', 'text done', 'tool done', 'tool error']);
  await page.reload();
  await page.locator('.part details').first().waitFor();
  assert.equal(await page.locator('.part details:not([open])').count(), 0, 'it is remembered');
  await page.getByRole('radio', { name: 'Normal' }).check();
  await until('all folds closed', async () => (await page.locator('.part details[open]').count()) === 0);
  await tab.done();
});
