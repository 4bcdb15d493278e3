// The page in a real Chromium: a person starts runs, watches them, decides, reloads, and loses the server for a while.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { SERVER_GONE, Tab } from './lib/browser.mjs';
import { NASTY_REQUEST } from './lib/requests.mjs';
import { scenario } from './lib/scenario.mjs';
import { NOTE_FILE, SETTLED } from './lib/scripts.mjs';
import { expectWholeTranscript } from './lib/transcript.mjs';
import { CHAIN_MS_MAX, until } from './lib/waiting.mjs';


async function fillIn({ page }, fields) {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).first().fill(value);
}

const start = ({ page }) => page.getByRole('button', { name: 'Start the pipeline' }).click();
const pipelineId = ({ page }) => Number(/\/pipelines\/(\d+)/.exec(page.url())[1]);

scenario('a quick_fix is started in the form and watched to its end', async (world) => {
  const repo = world.repository();
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/pipelines');
  await tab.connection('live');
  await page.getByRole('link', { name: 'New pipeline' }).first().click();
  await start(tab);
  await page.getByRole('alert').filter({ hasText: /\S/ }).first().waitFor();
  assert.ok((await page.locator('.field.invalid').count()) >= 2, 'description and repository are asked for');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'description', 'the first fault has the focus');
  await fillIn(tab, { 'What is to be built?': NASTY_REQUEST.replaceAll('\r', ''), Repository: `${repo.path}/nothing` });
  await start(tab);
  const fault = page.locator('.field', { has: page.getByLabel('Repository') }).getByRole('alert');
  await fault.filter({ hasText: 'does not exist' }).waitFor();
  await fillIn(tab, { Repository: repo.path });
  await page.getByLabel('Template').selectOption('quick_fix');
  await page.getByText('Base, branch and model').click();
  await fillIn(tab, { Model: 'mock/slow-text' });
  await page.getByRole('button', { name: 'Dry run' }).click();
  const rehearsed = page.getByTestId('dry-run');
  await rehearsed.locator('summary').nth(1).waitFor();
  assert.match((await rehearsed.locator('summary').allInnerTexts()).join('\n'), /^1\. developer · mock\/slow-text · a prompt of .* bytes\n2\. senior-reviewer .* back to developer, at most 3 times$/);
  await rehearsed.getByText('1. developer').click();
  assert.ok((await rehearsed.locator('pre').first().textContent()).includes(NASTY_REQUEST.replaceAll('\r', '')), 'the prompt holds the request word for word');
  assert.equal((await world.api.call('GET', '/api/v1/pipelines')).body.items.length, 0, 'a dry run starts nothing');
  await rehearsed.getByRole('button', { name: 'Copy as command, for a shell' }).click();
  await rehearsed.getByText('Copied').waitFor();
  await tab.expectAccessible('a dry run');
  await tab.screenshot('dry-run');
  await start(tab);
  await page.waitForURL(/\/pipelines\/\d+/);
  await expectLiveText(tab);
  await world.api.cancel(pipelineId(tab));
  await tab.status('cancelled');
  await tab.done(/status of 400/);
});

/** The text of the agent grows on screen while the agent runs. */
async function expectLiveText({ page }) {
  const text = page.getByTestId('part').filter({ hasText: 'word-2' }).first();
  await text.waitFor({ timeout: CHAIN_MS_MAX });
  const seen = new Set();
  await until('the text to grow in several steps', async () => seen.add((await text.innerText()).length).size >= 4, { within: 20_000 });
}

scenario('tool calls, hand-offs, receipt and changes of a run are on its page', async (world) => {
  const { id } = await world.quickFix({ description: NASTY_REQUEST, models: { developer: 'mock/gated' } });
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go(`/pipelines/${id}`);
  const waiting = page.locator('[data-testid=part][data-kind=tool][data-state=open]').filter({ hasText: 'bash' });
  await waiting.waitFor({ timeout: CHAIN_MS_MAX });
  await waiting.getByText('bash', { exact: true }).click();
  await waiting.getByRole('region', { name: 'Output' }).filter({ hasText: 'at the gate' }).waitFor();
  assert.equal(await waiting.getByTestId('took').count(), 0, 'what goes on has taken no time yet');
  await tab.status('running');
  world.openGate();
  await tab.status('succeeded', CHAIN_MS_MAX);
  assert.deepEqual(await tab.attempts('developer'), ['succeeded']);

  await tab.step('developer').getByRole('link', { name: 'developer', exact: true }).click();
  const took = page.locator('[data-testid=part][data-kind=tool][data-state=done]').filter({ hasText: 'bash' }).getByTestId('took');
  await took.filter({ hasText: /^\d+(\.\d)? s$/ }).waitFor();
  assert.match(await took.getAttribute('title'), /^Finished at .*\d\d:\d\d$/);
  const write = page.locator('[data-testid=part][data-kind=tool]').filter({ hasText: NOTE_FILE });
  await write.getByText('write', { exact: true }).click();
  await write.filter({ hasText: SETTLED }).waitFor();
  await tab.tab('Hand-off');
  await page.getByTestId('handoff').filter({ hasText: 'Wrote the note after the gate.' }).waitFor();
  await tab.tab('Changes');
  const diff = page.getByTestId('diff');
  await diff.filter({ hasText: NOTE_FILE }).filter({ hasText: SETTLED }).waitFor();
  // Why a hunk is there: to the call that wrote it, by the pointer and by keys.
  const sought = page.locator('[data-testid=part]:focus');
  await diff.getByRole('button', { name: /^Why\?/ }).click();
  await sought.filter({ hasText: 'write' }).filter({ hasText: SETTLED }).waitFor();
  await tab.tab('Changes');
  await diff.waitFor();
  await page.keyboard.press('n');
  await page.keyboard.press('b');
  await sought.filter({ hasText: 'write' }).waitFor();
  await tab.tab('Receipt');
  const prompt = page.getByTestId('receipt').getByRole('region', { name: 'The prompt' });
  await prompt.waitFor();
  assert.ok((await prompt.textContent()).includes(NASTY_REQUEST), 'the request is on screen word for word');
  await tab.screenshot('receipt');
  await page.reload();
  await prompt.waitFor();
  assert.equal(await page.getByTestId('since').count(), 0, 'who was hardly gone is told nothing');

  await tab.tab('Timeline');
  const timeline = page.getByTestId('timeline');
  await timeline.getByText(/ at work, .* waiting$/).waitFor();
  await timeline.locator('.track span[title^="write"]').first().waitFor({ state: 'attached' });
  await inspect(tab, 'timeline');
  // A stretch leads to its entry, which has an address of its own.
  await timeline.locator('.track span[title^="agency_submit_handoff"]').first().click();
  await sought.filter({ hasText: 'agency_submit_handoff' }).waitFor();
  const address = page.url();
  assert.match(address, /step=1&attempt=1&part=\d+$/);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.keyboard.press('y');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), address);
  await tab.tab('Hand-off');
  const handoff = page.getByTestId('handoff');
  await handoff.waitFor();
  await page.keyboard.press('Shift+Y');
  await handoff.getByText('Copied').waitFor();
  const markdown = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(markdown, /^# Hand-off from developer\n/);
  const [file] = await Promise.all([page.waitForEvent('download'), handoff.getByRole('link', { name: 'Download' }).click()]);
  assert.match(file.suggestedFilename(), /^hand-off-\d+\.md$/);
  assert.equal(readFileSync(await file.path(), 'utf8'), markdown);
  await page.goBack();
  await page.reload();
  await sought.filter({ hasText: 'agency_submit_handoff' }).waitFor();
  await tab.tab('Timeline');
  await timeline.getByRole('link', { name: 'senior-reviewer' }).click();
  await page.locator('[data-testid=part]').first().waitFor();

  // Back after ten minutes, having seen nothing but the beginning. Elsewhere meanwhile: the pipeline's page counts what it shows as seen.
  await page.goto('/settings');
  await page.evaluate((id) => localStorage.setItem(`agency.seen.${id}`, JSON.stringify([1, Date.now() - 600_000])), id);
  await page.goto(`/pipelines/${id}`);
  const since = page.getByTestId('since');
  await since.filter({ hasText: 'senior-reviewer' }).filter({ hasText: 'succeeded' }).waitFor();
  await tab.expectAccessible('what happened since');
  await since.getByRole('button', { name: 'Close' }).click();
  await since.waitFor({ state: 'detached' });
  await page.reload();
  await tab.status('succeeded');
  assert.equal(await since.count(), 0, 'what was shown counts as seen');
  await tab.done();
});

scenario('a full_feature is approved on its page, after changes were requested in the inbox', async (world) => {
  const { id } = await world.api.create({ description: 'Write a note.', repo: world.repository().path, template: 'full_feature' });
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/approvals');
  const card = page.getByTestId('approval-card');
  await card.waitFor({ timeout: CHAIN_MS_MAX });
  await card.getByTestId('so-far').getByText(/^After architect · \$[\d.]+, [\d.k]+ tokens so far/).waitFor();
  await card.getByRole('button', { name: 'Request changes' }).click();
  await card.getByRole('alert').filter({ hasText: 'Say what is to change' }).waitFor();
  await card.getByLabel('Comment').fill('Plan for two lines.');
  await card.getByRole('button', { name: 'Request changes' }).click();
  await page.getByText('Nothing waits for you.').waitFor();

  await page.goto(`/pipelines/${id}`);
  await tab.status('waiting_for_approval', CHAIN_MS_MAX);
  assert.deepEqual(await tab.attempts('architect'), ['succeeded', 'succeeded']);
  await tab.screenshot('gate');
  await card.getByLabel('Comment').fill('Go on.');
  await card.getByRole('button', { name: 'Approve' }).click();
  await card.waitFor({ state: 'detached' });
  await tab.status('succeeded', CHAIN_MS_MAX);
  assert.deepEqual(await tab.attempts('developer'), ['succeeded', 'succeeded']);
  const { approvals } = await world.api.pipeline(id);
  assert.deepEqual(approvals.map(({ status, comment }) => [status, comment]).sort(), [['approved', 'Go on.'], ['changes_requested', 'Plan for two lines.']]);
  await tab.done();
});

scenario('a rejection asks first and then stops the run', async (world) => {
  const { id } = await world.gatedPlan();
  await world.api.gate(id);
  const tab = await Tab.open(world);
  await tab.go(`/pipelines/${id}`);
  await tab.page.getByRole('button', { name: 'Reject' }).click();
  const dialog = tab.page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Reject and stop' }).click();
  await tab.status('failed');
  await tab.page.getByTestId('failure').filter({ hasText: 'rejected' }).waitFor();
  await tab.done();
});

scenario('a reload in the middle loses nothing', async (world) => {
  const { id } = await world.quickFix({ models: { developer: 'mock/gated' } });
  const tab = await Tab.open(world);
  await tab.go(`/pipelines/${id}`);
  const call = tab.page.locator('[data-testid=part][data-kind=tool]').filter({ hasText: 'bash' });
  await call.waitFor({ timeout: CHAIN_MS_MAX });
  await tab.page.reload();
  await call.waitFor();
  world.openGate();
  await tab.status('succeeded', CHAIN_MS_MAX);
  await expectWholeTranscript(tab, world, id);
  await tab.done();
});

scenario('the server is killed and started again in the middle, and the page finds its way by itself', async (world) => {
  const { id } = await world.quickFix({ models: { developer: 'mock/gated' } });
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go(`/pipelines/${id}`);
  await page.locator('[data-testid=part][data-kind=tool]').filter({ hasText: 'bash' }).waitFor({ timeout: CHAIN_MS_MAX });
  await page.evaluate(() => (globalThis.neverReloaded = true));
  await world.server.kill();
  await tab.connection('reconnecting', 20_000);
  world.openGate();
  await world.server.start();
  await tab.connection('live', 20_000);
  await tab.status('succeeded', CHAIN_MS_MAX);
  assert.deepEqual(await tab.attempts('developer'), ['interrupted', 'succeeded']);
  await expectWholeTranscript(tab, world, id);
  assert.ok(await page.evaluate(() => globalThis.neverReloaded), 'without a reload');
  await tab.done(SERVER_GONE);
});

scenario('a running pipeline is cancelled on its page, after a question', async (world) => {
  const { id } = await world.quickFix({ models: { developer: 'mock/gated' } });
  await world.api.atWork(id, 'developer');
  const tab = await Tab.open(world);
  await tab.go(`/pipelines/${id}`);
  await tab.page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await tab.page.getByRole('dialog').getByRole('button', { name: 'Cancel the pipeline' }).click();
  await tab.status('cancelled');
  await world.server.expectNoProcesses(id);
  await tab.done();
});

/** Readable in both themes, and without scrolling sideways on a small phone. */
async function inspect(tab, name) {
  const { page } = tab;
  await tab.expectAccessibleInBothThemes(name);
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 800 });
  await tab.expectNoSidewaysScroll(name);
  await tab.screenshot(`${name}-narrow`);
  await page.setViewportSize(size);
}

scenario('a run is told something, paused at once and resumed, all by buttons', async (world) => {
  const { id } = await world.quickFix({ models: { developer: 'mock/gated' } });
  await world.api.atWork(id, 'developer');
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go(`/pipelines/${id}`);
  await page.getByText('Say something to the agent').click();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'Write what the agent shall know.' }).waitFor();
  await page.getByLabel('Message').fill('Mention the weather in Lisbon.');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByTestId('message').filter({ hasText: 'sent to developer, attempt 1' }).waitFor();
  assert.equal(await page.getByLabel('Message').inputValue(), '', 'what was sent is not sent again');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.locator('.status-words').filter({ hasText: 'pauses after this attempt' }).waitFor();
  await page.getByRole('button', { name: 'Pause now' }).click();
  await tab.status('paused');
  await page.getByTestId('paused').filter({ hasText: 'by_user' }).waitFor();
  await inspect(tab, 'paused');
  world.openGate();
  await page.getByRole('button', { name: 'Resume' }).click();
  await tab.status('succeeded', CHAIN_MS_MAX);
  assert.deepEqual(await tab.attempts('developer'), ['interrupted', 'succeeded']);
  await tab.done();
});

scenario('what an agent asks is answered in the inbox, and at its attempt', async (world) => {
  const steps = [{ agent: 'developer', permissions: { bash: { '*': 'ask' } } }];
  const start = () => world.api.create({ description: 'Write a note.', repo: world.repository().path, steps, model: 'mock/gated' });
  const { id } = await start();
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/inbox');
  const card = page.getByTestId('request-card');
  await card.filter({ hasText: 'developer wants to use bash' }).filter({ hasText: 'at the gate' }).waitFor({ timeout: CHAIN_MS_MAX });
  // The whole line, and not the commands in it one by one.
  assert.match((await card.locator('.pattern').allInnerTexts()).join('|'), /^echo at the gate; until .*; done; echo through the gate$/);
  await page.getByRole('navigation', { name: 'Main' }).getByText('1 waiting').waitFor();
  await inspect(tab, 'inbox');
  world.openGate();
  await card.getByRole('button', { name: 'Allow', exact: true }).click();
  await page.getByText('Nothing waits for you.').waitFor();
  await page.goto(`/pipelines/${id}`);
  await tab.status('succeeded', CHAIN_MS_MAX);

  const other = await start();
  await page.goto(`/pipelines/${other.id}`);
  await card.waitFor({ timeout: CHAIN_MS_MAX });
  await inspect(tab, 'asked');
  await card.getByLabel('Message to the agent').fill('Not on this machine.');
  await card.getByRole('button', { name: 'Deny' }).click();
  await card.waitFor({ state: 'detached' });
  const denied = page.locator('[data-testid=part][data-state=error]').filter({ hasText: 'bash' });
  await denied.first().waitFor({ timeout: CHAIN_MS_MAX });
  await tab.status('succeeded', CHAIN_MS_MAX);
  await tab.done();
});

scenario('what is allowed from now on is not asked for again until it is taken back', async (world) => {
  const step = { agent: 'developer', permissions: { bash: { '*': 'ask' } } };
  const { id } = await world.api.create({ description: 'Write a note.', repo: world.repository().path, steps: [step, step], model: 'mock/gated' });
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go(`/pipelines/${id}`);
  const card = page.getByTestId('request-card');
  await card.waitFor({ timeout: CHAIN_MS_MAX });
  await card.getByLabel('How far the permission reaches').selectOption('pipeline');
  const patterns = card.getByLabel('What is allowed from now on');
  await patterns.fill('echo *\nuntil *');
  await inspect(tab, 'asked for longer');
  await patterns.fill('*');
  await card.getByRole('button', { name: 'Allow', exact: true }).click();
  await card.waitFor({ state: 'detached' });
  const grants = page.getByTestId('grants');
  await grants.getByText('Allowed from now on (1)').click();
  await grants.getByText('bash, in this pipeline').waitFor();
  await grants.getByRole('button', { name: 'Take back' }).click();
  await grants.waitFor({ state: 'detached' });
  world.openGate();
  await card.waitFor({ timeout: CHAIN_MS_MAX });
  await card.getByRole('button', { name: 'Allow', exact: true }).click();
  await tab.status('succeeded', CHAIN_MS_MAX);
  assert.equal((await world.api.pipeline(id)).requests.length, 2);
  await tab.done();
});

scenario('a ceiling is raised and criteria are accepted on the page, and the runs go on', async (world) => {
  const { id } = await world.quickFix({ budget: { tokens: 150 } });
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go(`/pipelines/${id}`);
  await tab.status('paused', CHAIN_MS_MAX);
  const banner = page.getByTestId('paused');
  await banner.getByRole('button', { name: 'Raise and resume' }).click();
  await banner.getByRole('alert').filter({ hasText: 'Give a number' }).waitFor();
  await banner.getByLabel('Raise tokens to').fill('10');
  await banner.getByRole('button', { name: 'Raise and resume' }).click();
  await banner.getByRole('alert').filter({ hasText: 'tokens' }).last().waitFor();
  await inspect(tab, 'budget');
  await banner.getByLabel('Raise tokens to').fill('1,000,000');
  await banner.getByRole('button', { name: 'Raise and resume' }).click();
  await tab.status('succeeded', CHAIN_MS_MAX);
  await page.getByTestId('meter').filter({ hasText: 'of 1.0M' }).waitFor();

  const steps = [{ agent: 'product-owner' }, { agent: 'developer' }];
  const words = await world.api.create({ description: 'Write a note. [[mock:developer=handoff]]', repo: world.repository().path, steps });
  await page.goto(`/pipelines/${words.id}`);
  await tab.status('paused', CHAIN_MS_MAX);
  await inspect(tab, 'unproven');
  for (const criterion of ['AC-1', 'AC-2']) {
    const row = page.locator(`[data-testid=unproven][data-id=${criterion}]`);
    await row.getByLabel('Why it may be taken as met').fill(`I looked at ${criterion}.`);
    await row.getByRole('button', { name: 'Accept without evidence' }).click();
    await row.waitFor({ state: 'detached' });
  }
  await tab.status('succeeded', CHAIN_MS_MAX);
  await page.locator('[data-testid=criterion][data-status=accepted]').filter({ hasText: 'I looked at AC-2.' }).waitFor();
  await tab.done(/status of 400/);
});

scenario('criteria, findings by round and checks are on the page, and a finished run is forked and retried there', async (world) => {
  const check = `grep -q settled ${NOTE_FILE} || { echo "not settled yet"; exit 3; }`;
  const review = { agent: 'senior-reviewer', on_changes_requested: { back_to: 'developer', max_rounds: 3 } };
  const start = (steps, model) => world.api.create({ description: 'Write a note.', repo: world.repository().path, steps, model });
  const reviewed = await start([{ agent: 'product-owner' }, { agent: 'developer' }, review], 'mock/two-rounds');
  const checked = await start([{ agent: 'developer' }, { check }, review], 'mock/check-first');
  await Promise.all([world.api.ended(reviewed.id), world.api.ended(checked.id)]);
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go(`/pipelines/${reviewed.id}`);
  await page.getByTestId('criterion').first().waitFor();
  const criterion = page.getByTestId('criterion').first();
  assert.equal(await criterion.locator('.matrix').count(), 3, 'a cell for each step');
  await criterion.locator('.matrix').getByText(/Proves (it|nothing)/).first().waitFor();
  assert.deepEqual(await page.getByTestId('round').getByRole('heading').allInnerTexts(), [
    'Round 1 · 1 raised, 0 settled, 1 open',
    'Round 2 · 1 raised, 1 settled, 1 open',
    'Round 3 · 0 raised, 1 settled, none open',
  ]);
  await page.getByTestId('round').filter({ hasText: 'F-1' }).getByText('Fixed').waitFor();
  await inspect(tab, 'ledger');
  await tab.go(`/pipelines/${reviewed.id}?step=2&attempt=1&tab=handoff`);
  await page.getByTestId('given').filter({ hasText: 'AC-1' }).waitFor();
  await inspect(tab, 'given');
  assert.equal(await page.getByTestId('since-earlier').count(), 0, 'nothing came before it');
  await tab.go(`/pipelines/${reviewed.id}?step=3&attempt=2&tab=handoff`);
  const since = page.getByTestId('since-earlier');
  await since.getByText('What has changed since the attempt before').click();
  await since.getByText('From attempt 1 to this one').waitFor();
  await since.locator('tr.added').first().waitFor();
  await inspect(tab, 'what changed in a hand-off');

  // A finding leads to its line in the changes of the branch.
  await page.goto(`/pipelines/${reviewed.id}?step=3&attempt=1&tab=handoff`);
  await page.getByTestId('handoff').locator('a.place').first().click();
  await page.locator('tr[data-new]:focus').waitFor();

  await tab.go(`/pipelines/${checked.id}?step=2&attempt=1`);
  const run = page.getByTestId('check-run');
  await run.filter({ hasText: 'exit code 3' }).filter({ hasText: 'not settled yet' }).waitFor();
  await inspect(tab, 'checks');
  await page.getByText('Retry a step').click();
  await page.getByTestId('retry').getByRole('combobox').selectOption({ label: '3. senior-reviewer' });
  await page.getByTestId('retry').getByRole('button', { name: 'Retry' }).click();
  await page.locator('[data-testid=step][data-agent=senior-reviewer] [data-testid=attempt][data-number="2"][data-status=succeeded]').waitFor({ timeout: CHAIN_MS_MAX });
  await tab.status('succeeded', CHAIN_MS_MAX);
  await page.getByText('Fork a new pipeline').click();
  const fork = page.getByTestId('fork');
  assert.deepEqual(await fork.getByRole('option').allInnerTexts(), ['2. check', '1. developer'], 'after the last step there is nothing to fork');
  await fork.getByLabel('Title').fill('Judge it again');
  await inspect(tab, 'steering');
  await fork.getByRole('button', { name: 'Fork' }).click();
  await page.waitForURL((url) => pipelineId({ page: { url: () => url.href } }) > checked.id);
  await page.getByRole('heading', { name: 'Judge it again' }).waitFor();
  await tab.status('succeeded', CHAIN_MS_MAX);
  // What was taken over has its hand-off, and asks for nothing that is not there.
  const receipt = page.waitForResponse(/\/attempts\/\d+\/receipt$/);
  await page.goto(`/pipelines/${pipelineId(tab)}?step=1&tab=handoff`);
  await page.getByTestId('handoff').waitFor();
  assert.equal((await receipt).status(), 200);

  // Beside what it came from.
  await page.getByRole('link', { name: `Compare with ${checked.id}` }).click();
  const comparison = page.getByTestId('comparison');
  for (const what of ['State', 'Time at work', 'Tokens', 'Cost', 'Checks', 'Lines']) await comparison.getByRole('rowheader', { name: what, exact: true }).waitFor();
  await comparison.getByRole('row', { name: NOTE_FILE }).getByText('the same').waitFor();
  await page.getByText('Both branches hold the same.').waitFor();
  await inspect(tab, 'comparison');
  await page.goBack();
  await page.getByTestId('handoff').waitFor();

  // And from there back: the origin lists what was forked from it.
  const made = pipelineId(tab);
  await page.goto(`/pipelines/${checked.id}`);
  const forks = page.getByRole('list', { name: 'Forks of this pipeline' });
  await forks.getByRole('link', { name: `${made} Judge it again` }).waitFor();
  await forks.getByText('Succeeded').waitFor();
  await inspect(tab, 'forks');
  await forks.getByRole('link', { name: 'Compare' }).click();
  await comparison.getByRole('row', { name: NOTE_FILE }).waitFor();
  await tab.done();
});
