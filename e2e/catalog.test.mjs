// Templates and agents are read, written, checked while they are written, and removed on the page.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Tab } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';
import { CHAIN_MS_MAX, until } from './lib/waiting.mjs';


scenario('a template of one’s own is written with its faults by line, saved, used and removed', async (world) => {
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/templates');
  await page.getByRole('link', { name: 'quick_fix' }).click();
  const source = page.getByLabel('Source');
  const findings = page.getByTestId('findings');
  await findings.getByText('It can be saved.').waitFor();
  const builtIn = await source.inputValue();
  assert.match(builtIn, /^name: quick_fix$/m);
  await tab.expectAccessible('a template');
  await tab.expectNoSidewaysScroll('a template');

  // As a form: what is changed there is changed in the text, and nothing else is.
  await page.getByText('The same as a form').click();
  const form = page.getByTestId('form');
  await form.getByLabel('Step 2: senior-reviewer, On changes requested: max rounds').waitFor();
  await tab.expectAccessible('a template as a form');
  await tab.expectNoSidewaysScroll('a template as a form');
  await tab.screenshot('template-form');
  const rounds = form.getByLabel('Step 2: senior-reviewer, On changes requested: max rounds');
  await rounds.fill('5');
  await rounds.press('Tab');
  await until('the text to have it', async () => /max_rounds: 5/.test(await source.inputValue()));
  assert.equal((await source.inputValue()).replace('max_rounds: 5', 'max_rounds: 3'), builtIn);
  await form.getByRole('button', { name: 'Add an approval' }).first().click();
  await form.getByRole('heading', { name: 'Step 2: approval' }).waitFor();
  await form.getByRole('button', { name: 'Remove' }).nth(1).click();
  await form.getByRole('heading', { name: 'Step 2: senior-reviewer' }).waitFor();
  await page.getByRole('button', { name: 'Take my changes back' }).click();
  await until('the form to follow', async () => (await rounds.inputValue()) === '3');

  // A fault says its line, and leads there.
  await source.fill(builtIn.replace('agent: senior-reviewer', 'agent: translator'));
  const fault = findings.getByRole('button', { name: /^line \d+, steps\[1\]\.agent/ });
  await fault.click();
  const chosen = await source.evaluate((field) => field.value.slice(field.selectionStart, field.selectionEnd));
  assert.match(chosen, /translator/);
  await tab.expectAccessible('a template with a fault');
  await tab.screenshot('template-fault');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').or(page.locator('.error-card')).first().waitFor();

  // What is typed outlives a reload, and can be taken back.
  await page.reload();
  await findings.getByText('It cannot be saved like this.').waitFor();
  assert.match(await source.inputValue(), /translator/);
  await page.getByRole('button', { name: 'Take my changes back' }).click();
  assert.equal(await source.inputValue(), builtIn);

  await source.fill(builtIn.replace(/^description: .*/m, 'description: A fix, my way.'));
  await findings.getByText('It can be saved.').waitFor();
  await source.press('Control+Enter');
  await page.getByText('Saved.', { exact: true }).waitFor();
  const listed = async () => (await world.api.call('GET', '/api/v1/templates')).body.items.find(({ name }) => name === 'quick_fix');
  assert.deepEqual([(await listed()).source, (await listed()).description], ['user', 'A fix, my way.']);

  // Somebody else was quicker: nothing is overwritten, and what is typed stays.
  const { file, content, sha256 } = (await world.api.call('GET', '/api/v1/templates/quick_fix')).body;
  const theirs = content.replace('my way', 'their way');
  assert.equal((await world.api.call('PUT', '/api/v1/templates/quick_fix', { body: { content: theirs }, headers: { 'if-match': `"${sha256}"` } })).status, 200);
  await source.fill(content.replace('my way', 'my other way'));
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('catalog_stale').waitFor();
  assert.match(await source.inputValue(), /my other way/);
  assert.match(readFileSync(file, 'utf8'), /their way/);

  await page.reload();
  await page.getByRole('button', { name: 'Take my changes back' }).click();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove it' }).click();
  await page.waitForURL(/\/templates$/);
  assert.equal((await listed()).source, 'built_in');
  await tab.done(/status of 4(09|12|22)/);
});

scenario('a new agent is made, and stands with the others', async (world) => {
  const tab = await Tab.open(world, { colorScheme: 'dark' });
  const { page } = tab;
  await tab.go('/agents');
  await page.getByRole('link', { name: 'New agent' }).click();
  await page.getByLabel('Name').fill('translator');
  const source = page.getByLabel('Source');
  await source.fill((await source.inputValue()).replace('What this role is for, in a sentence.', 'Translates what people read.'));
  await page.getByTestId('findings').getByText('It can be saved.').waitFor();
  await tab.screenshot('agent-new-dark');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL(/\/agents\/translator$/);
  await page.getByText('Saved.', { exact: true }).waitFor();
  await tab.go('/agents');
  await page.getByRole('listitem').filter({ hasText: 'Translates what people read.' }).getByText('yours').waitFor();
  await tab.done();
});

scenario('an agent is tried from its card, in a repository that is made for it, and its card says how it did', async (world) => {
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/agents');
  const card = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'developer' }) });
  await card.getByText('Try', { exact: true }).click();
  await card.getByRole('button', { name: 'Try it' }).click();
  await card.getByRole('alert').filter({ hasText: 'Write what it is to do.' }).waitFor();
  await card.getByLabel('What is it to do?').fill('Write a note.');
  await tab.expectAccessible('an agent that is to be tried');
  await card.getByText('Write what it is to do.').waitFor({ state: 'hidden' });
  await tab.screenshot('agent-try');
  await card.getByRole('button', { name: 'Try it' }).click();
  await page.waitForURL(/\/pipelines\/\d+$/);
  await page.getByRole('heading', { name: 'Try of developer' }).waitFor();
  await tab.status('succeeded', CHAIN_MS_MAX);
  assert.deepEqual(await tab.attempts('developer'), ['succeeded']);
  await tab.go('/agents');
  await card.getByText('Worked in one pipeline; no result of it has met a gate yet.').waitFor();
  await page.getByText('It has handed nothing on yet.').nth(4).waitFor();
  await tab.done();
});
