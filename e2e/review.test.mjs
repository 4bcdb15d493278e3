// Remarks on lines of the changes: written beside the line, kept over a reload, sent together, and read by the agent.

import assert from 'node:assert/strict';
import { stepOf } from './lib/api.mjs';
import { Tab } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';
import { NOTE_FILE, SETTLED } from './lib/scripts.mjs';
import { CHAIN_MS_MAX, until } from './lib/waiting.mjs';

/** A developer's note that waits at a gate. */
const noteAtGate = (world) =>
  world.api.create({
    description: 'Write a note.',
    repo: world.repository().path,
    steps: [{ agent: 'developer', model: 'mock/gated' }, { approval: 'Is this the note?' }],
  });

const changesOf = (id) => `/pipelines/${id}?step=1&attempt=1&tab=changes`;
const line = (page, text) => page.locator('.diff-table tr[data-row]').filter({ hasText: text });

scenario('a review is written on the lines, survives a reload, and goes back through the gate', async (world) => {
  world.openGate();
  const { id } = await noteAtGate(world);
  await world.api.gate(id);
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go(changesOf(id));
  await tab.connection('live');

  await line(page, SETTLED).locator('.line-number').last().click();
  const field = page.getByLabel('Your remark');
  assert.ok(await field.evaluate((element) => element === document.activeElement), 'what is typed goes into the remark');
  await field.fill('Settled by <b>whom</b>?');
  await page.getByRole('button', { name: 'Keep' }).click();
  await page.getByTestId('remark').filter({ hasText: 'Settled by <b>whom</b>?' }).waitFor();
  await tab.expectAccessible('a remark on a line');

  await page.reload();
  await page.getByTestId('remark').filter({ hasText: 'Settled by <b>whom</b>?' }).waitFor();
  await page.getByTestId('remark').getByRole('button', { name: 'Change' }).click();
  assert.equal(await field.inputValue(), 'Settled by <b>whom</b>?');
  await field.fill('Settled by whom?');
  await field.press('Control+Enter');

  // By keys alone: to a line, a remark on it, and one that is given up.
  await line(page, 'Written after').focus();
  await page.keyboard.press('c');
  await field.fill('Say when.');
  await field.press('Control+Enter');
  await line(page, 'Written after').focus();
  await page.keyboard.press('j');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.new), '2');
  await page.getByTestId('remark').nth(1).waitFor();

  const review = page.getByTestId('review');
  await review.getByText(`${NOTE_FILE}, line 1`).waitFor();
  await review.getByText(`${NOTE_FILE}, line 2`).waitFor();

  // Several lines at once: by Shift and an arrow, given up; by Shift and the pointer, kept in the place of the one that began there.
  const chosen = page.locator('.diff-table [data-chosen]');
  await line(page, 'Written after').focus();
  await page.keyboard.press('Shift+ArrowDown');
  assert.equal(await chosen.count(), 2);
  await page.keyboard.press('Shift+ArrowUp');
  assert.equal(await chosen.count(), 1, 'back again lets go of a line');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('c');
  await page.getByText(`${NOTE_FILE}, lines 1–2`).waitFor();
  assert.equal(await field.inputValue(), 'Say when.', 'the remark that begins there grows');
  await page.getByRole('button', { name: 'Never mind' }).click();
  assert.equal(await chosen.count(), 0);
  await review.getByText(`${NOTE_FILE}, line 1`, { exact: true }).waitFor();
  await line(page, 'Written after').locator('.line-number').last().click();
  await line(page, SETTLED).locator('.line-number').last().click({ modifiers: ['Shift'] });
  await page.getByText(`${NOTE_FILE}, lines 1–2`).waitFor();
  await tab.expectAccessible('a remark on several lines');
  await tab.screenshot('review-range-light');
  await page.getByRole('button', { name: 'Keep' }).click();
  await review.getByText(`${NOTE_FILE}, lines 1–2`).waitFor();
  await tab.screenshot('review-light');

  // What it was written on is kept with it, and shown where other lines stand there now.
  const key = `agency.remarks.${id}`;
  await page.evaluate((key) => {
    const [first, ...others] = JSON.parse(localStorage.getItem(key));
    localStorage.setItem(key, JSON.stringify([{ ...first, excerpt: 'As it was.\nAnd here.' }, ...others]));
  }, key);
  await page.reload();
  const old = page.getByTestId('remark').filter({ has: page.getByTestId('outdated') });
  await old.getByText('As it was.').waitFor();
  assert.equal(await page.getByTestId('outdated').count(), 1, 'the other one stands where it was written');
  await review.getByText('As it was.').waitFor();
  await tab.expectAccessible('an outdated remark');
  await review.getByRole('button', { name: 'Approve with this' }).waitFor();
  await review.getByRole('button', { name: 'Tell the next agent, and decide later' }).waitFor();
  await review.getByLabel('Of the whole').fill('Nearly there.');
  await review.getByRole('button', { name: 'Request changes from developer' }).click();
  await review.waitFor({ state: 'detached' });

  const again = await world.api.when(id, 'another attempt', ({ steps }) => steps[0].attempts.length === 2);
  const { prompt } = await world.api.receipt(stepOf(again, 'developer').attempts[1].id);
  for (const said of ['Nearly there.', `\`${NOTE_FILE}:1-2\``, 'Say when.', `\`${NOTE_FILE}:2\``, SETTLED, 'Settled by whom?']) {
    assert.ok(prompt.includes(said), `${said} is in\n${prompt}`);
  }
  await page.reload();
  await page.getByTestId('diff').waitFor();
  assert.equal(await page.getByTestId('remark').count(), 0, 'what was sent is no draft any more');
  await tab.done();
});

scenario('a gate is passed with remarks, and the next agent reads them', async (world) => {
  const { id } = await world.gatedPlan();
  await world.api.gate(id);
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go(`/pipelines/${id}`);
  await page.evaluate((id) => localStorage.setItem(`agency.remarks.${id}`, JSON.stringify([{ file: 'README.md', line: 1, side: 'new', text: 'Keep this line.' }])), id);
  await tab.go(`${changesOf(id)}&diff=branch`);
  const review = page.getByTestId('review');
  await review.getByLabel('Of the whole').fill('Go on like this.');
  await review.getByRole('button', { name: 'Approve with this' }).click();
  await review.waitFor({ state: 'detached' });
  const pipeline = await world.api.ended(id);
  assert.equal(pipeline.approvals[0].status, 'approved');
  const { prompt } = await world.api.receipt(pipeline.steps.at(-1).attempts[0].id);
  for (const said of ['Go on like this.', '`README.md:1`', 'Keep this line.']) assert.ok(prompt.includes(said), `${said} is in\n${prompt}`);
  await tab.done();
});

scenario('a finished run is reviewed, and its step begins afresh with the remarks', async (world) => {
  const { id } = await world.quickFix();
  await world.api.ended(id);
  const tab = await Tab.open(world, { colorScheme: 'dark' });
  const { page } = tab;
  await tab.go(`${changesOf(id)}&diff=branch`);
  await line(page, SETTLED).locator('.line-number').last().click();
  await page.getByLabel('Your remark').fill('By whom?');
  await page.getByRole('button', { name: 'Keep' }).click();
  await page.getByTestId('remark').waitFor();

  // Looked at: folded and remembered, for as long as the file's changes stay; by the pointer and by a key.
  const file = page.locator('.file-diff');
  const viewed = page.getByLabel('Viewed');
  await viewed.check();
  await page.locator('.file-diff:not([open])').waitFor();
  await page.getByText('· 1 viewed').waitFor();
  await page.reload();
  await page.locator('.file-diff:not([open])').waitFor();
  assert.ok(await viewed.isChecked());
  await file.locator('summary').focus();
  await page.keyboard.press('v');
  await page.locator('.file-diff[open]').waitFor();
  assert.ok(!(await viewed.isChecked()));
  await line(page, SETTLED).focus();
  await page.keyboard.press('v');
  await page.locator('.file-diff:not([open])').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'SUMMARY', 'the focus stays at the file');
  await page.keyboard.press('v');
  await page.getByTestId('remark').waitFor();

  // A line has an address, which leads to it and opens what is folded.
  await page.keyboard.press('v');
  await page.locator('.file-diff:not([open])').waitFor();
  await page.goto(`${changesOf(id)}&diff=branch#${NOTE_FILE}:2`);
  await page.locator('.file-diff[open]').waitFor();
  await page.locator('tr[data-new="2"]:focus').waitFor();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.keyboard.press('y');
  assert.ok((await page.evaluate(() => navigator.clipboard.readText())).endsWith(`&diff=branch#${NOTE_FILE}:2`));
  await page.keyboard.press('v');
  await page.goto(`${changesOf(id)}&diff=branch`);
  await viewed.uncheck();
  await page.getByTestId('remark').waitFor();

  // The same lines beside each other, remark and all; remembered, and turned back by a key.
  await page.getByRole('button', { name: 'Split view' }).click();
  await page.locator('.diff-table.split').first().waitFor();
  await page.getByTestId('remark').filter({ hasText: 'By whom?' }).waitFor();
  await tab.expectAccessible('changes side by side, dark');
  await tab.screenshot('review-split-dark');
  await page.reload();
  await page.locator('.diff-table.split').first().waitFor();
  await page.keyboard.press('u');
  await page.locator('.diff-table:not(.split)').first().waitFor();

  await page.getByTestId('review').getByRole('button', { name: /^Have 1\. developer begin afresh/ }).click();
  await page.getByTestId('review').waitFor({ state: 'detached' });
  const again = await world.api.when(id, 'another attempt', ({ steps }) => steps[0].attempts.length > 2 || steps[0].status === 'running');
  const { attempts } = stepOf(again, 'developer');
  const { prompt } = await world.api.receipt(attempts.at(-1).id);
  assert.ok(prompt.includes('By whom?') && prompt.includes(`\`${NOTE_FILE}:2\``), prompt);
  await world.api.ended(id);
  await tab.done();
});

scenario('more of a file is shown around a change, and white space is left out', { environment: { AGENCY_DEMO__ENABLED: 'true' } }, async (world) => {
  const started = await world.api.expect(201, '/api/v1/demo', { template: 'quick_fix' });
  await world.api.ended(started.id);
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go(`/pipelines/${started.id}?tab=changes&diff=branch`);
  const list = page.getByTestId('file-list');
  await list.waitFor();
  const names = await list.getByRole('link').allInnerTexts();
  assert.ok(names.length > 1, 'several files are listed');
  await list.getByRole('link', { name: names.at(-1) }).click();
  assert.match(page.url(), new RegExp(`#file-${names.length}$`));
  await page.locator('.file-entry').last().getByLabel('Viewed').check();
  await list.getByRole('listitem').last().getByText('✓ viewed').waitFor();
  const file = page.locator('.file-entry').filter({ hasText: 'modified' }).first();
  const rows = file.locator('.diff-table tr[data-row]');
  await rows.first().waitFor();
  const before = await rows.count();
  await file.getByRole('button', { name: 'Whole file' }).click();
  await file.getByRole('button', { name: 'More lines around' }).waitFor({ state: 'detached' });
  await rows.nth(before).waitFor();
  await tab.expectAccessible('a whole file');
  await tab.screenshot('diff-whole-file');
  await page.getByRole('button', { name: 'Ignore white space' }).click();
  await page.getByRole('button', { name: 'Show white space changes' }).waitFor();
  await until('a view of another kind to begin where the first one did', async () => (await rows.count()) === before);
  await tab.done();
});
