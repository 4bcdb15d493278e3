// A server that asks who calls: the link at its start, access tokens, signing in and out, in the page and in the command.

import assert from 'node:assert/strict';
import { Tab } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';
import { CHAIN_MS_MAX, until } from './lib/waiting.mjs';

const ASKING = { environment: { AGENCY_SERVER__LOGIN: 'true' } };
/** What the browser itself writes of a call that is refused. */
const REFUSED = /status of 401/;

/** The link for the first browser, as the server prints it. */
async function link({ server }) {
  await until('the link', () => /#sign-in=\S+/.test(server.child.output));
  return /http\S+#sign-in=\S+/.exec(server.child.output)[0];
}

/** A token, and the world's calls made with it. */
async function token(world, name) {
  const made = await world.server.cli(['--server', world.server.url, 'token', 'create', name, '--code', await link(world)]);
  assert.equal(made.code, 0, made.output);
  const secret = made.stdout.trim();
  world.api.headers = { authorization: `Bearer ${secret}` };
  return secret;
}

const dialog = ({ page }) => page.getByRole('dialog', { name: 'Sign in' });

scenario('a script with a token runs a pipeline to its end, and one without is told what to do', ASKING, async (world) => {
  const refused = await world.api.call('GET', '/api/v1/pipelines');
  assert.deepEqual([refused.status, refused.body.code], [401, 'sign_in_required']);
  assert.equal((await world.server.cli(['--server', world.server.url, 'list'])).code, 1);
  const secret = await token(world, 'ci');
  const { id } = await world.quickFix();
  const environment = { env: { ...world.server.environment, AGENCY_TOKEN: secret }, timeout: CHAIN_MS_MAX };
  const watched = await world.server.cli(['--server', world.server.url, 'watch', String(id)], environment);
  assert.equal(watched.code, 0, watched.output);
  const commits = (await world.api.pipeline(id)).steps.flatMap(({ attempts }) => attempts).filter(({ handoff }) => handoff);
  assert.ok(commits.length >= 2, 'the agents’ hand-offs came in by their own secrets');
  const again = await world.server.cli(['--server', world.server.url, 'token', 'create', 'x', '--code', await link(world)]);
  assert.match(again.output, /A code is good once/);
  assert.ok(!world.server.child.output.split('\n').some((line) => line.includes(secret)), 'the server’s log has the secret');
});

scenario('a browser signs in by the link, makes a token, signs out, and signs in by the token', ASKING, async (world) => {
  const tab = await Tab.open(world);
  const { page } = tab;
  await page.goto(await link(world));
  await page.getByRole('link', { name: 'New pipeline' }).first().waitFor();
  await tab.connection('live');
  assert.equal(await dialog(tab).isVisible(), false);
  assert.ok(!page.url().includes('sign-in'), 'the code is out of the address');
  const [cookie] = await tab.context.cookies();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Strict']);

  await tab.go('/settings');
  const access = page.getByRole('region', { name: 'Access' });
  await access.getByRole('listitem').filter({ hasText: 'This browser' }).waitFor();
  await access.getByRole('button', { name: 'Make a token' }).click();
  await access.getByRole('alert').filter({ hasText: 'name' }).waitFor();
  await access.getByLabel('New access token').fill('Kim’s <laptop>');
  await access.getByRole('button', { name: 'Make a token' }).click();
  // The place for it is there before the server has answered.
  const secret = await access.locator('code').filter({ hasText: 'agency_' }).innerText();
  await access.getByRole('listitem').filter({ hasText: 'Kim’s <laptop>' }).waitFor();
  // What lies half under the page's head where one has scrolled to is not too small.
  await page.evaluate(() => scrollTo(0, 0));
  await tab.expectAccessibleInBothThemes('access');
  await access.getByRole('button', { name: 'Sign out' }).click();
  await dialog(tab).waitFor();
  await tab.expectAccessible('signing in');
  await dialog(tab).getByLabel('Access token').fill('agency_wrong');
  await page.keyboard.press('Enter');
  await dialog(tab).getByRole('alert').filter({ hasText: 'mistyped' }).waitFor();
  await dialog(tab).getByLabel('Access token').fill(secret);
  await tab.screenshot('sign-in');
  await page.keyboard.press('Enter');
  await access.getByRole('listitem').filter({ hasText: 'This browser' }).filter({ hasText: 'Kim’s <laptop> (Chrome on Linux)' }).waitFor();
  await tab.done(new RegExp(`${REFUSED.source}|status of 400`));
});

scenario('a link shows one pipeline to whoever opens it, live and for reading alone, until it is revoked', ASKING, async (world) => {
  await token(world, 'ci');
  const { id } = await world.gatedPlan();
  await world.api.gate(id);
  const owner = await Tab.open(world);
  await owner.page.goto(`/pipelines/${id}`);
  await dialog(owner).getByLabel('Access token').fill(world.api.headers.authorization.split(' ')[1]);
  await owner.page.keyboard.press('Enter');
  await owner.page.getByTestId('approval-card').waitFor();
  await owner.page.getByRole('button', { name: 'Share' }).click();
  const shared = await owner.page.locator('.shown-once code').filter({ hasText: '#sign-in=' }).innerText();
  assert.ok(shared.startsWith(`${world.server.url}/pipelines/${id}#sign-in=agency_`), shared);
  await owner.expectAccessibleInBothThemes('shared');
  await owner.page.setViewportSize({ width: 320, height: 700 });
  await owner.expectNoSidewaysScroll('a link that was made');
  await owner.page.setViewportSize({ width: 1280, height: 900 });

  const visitor = await Tab.open(world);
  const { page } = visitor;
  await page.goto(shared);
  await page.getByTestId('approval-card').waitFor();
  await visitor.connection('live');
  for (const name of ['Approve', 'Reject', 'Request changes', 'Cancel', 'Share', 'Pause']) {
    assert.equal(await page.getByRole('button', { name }).count(), 0, `${name} is offered`);
  }
  assert.equal(await page.getByRole('textbox').count(), 0, 'there is something to write into');
  for (const name of ['New pipeline', 'Inbox', 'Settings', 'Ask again']) assert.equal(await page.getByRole('link', { name }).count(), 0, `${name} is offered`);
  await visitor.expectAccessibleInBothThemes('read-only');
  await page.setViewportSize({ width: 320, height: 700 });
  await visitor.expectNoSidewaysScroll('a shared pipeline');
  await page.setViewportSize({ width: 1280, height: 900 });
  for (const key of ['a', 'Control+Enter', 'x', 'm']) await page.keyboard.press(key);
  assert.equal(await page.getByRole('dialog').count(), 0, 'a key asks for what is not allowed');
  await owner.page.getByRole('button', { name: 'Approve' }).click();
  await visitor.status('succeeded');
  await visitor.step('architect').getByTestId('attempt').last().getByRole('link').click();
  for (const view of ['Hand-off', 'Changes', 'Receipt', 'Timeline', 'Transcript']) {
    await visitor.tab(view);
    await page.locator('.tab[aria-current]').filter({ hasText: view }).waitFor();
  }
  await page.getByTestId('part').first().waitFor();

  const { credentials } = await world.api.get('/api/v1/access');
  const link = credentials.find(({ kind, pipeline_id }) => kind === 'token' && pipeline_id === id);
  assert.equal((await world.api.call('DELETE', `/api/v1/access/${link.id}`)).status, 204);
  await dialog(visitor).waitFor();
  await visitor.done(REFUSED);
  await owner.done(REFUSED);
});

scenario('a browser that is signed out from elsewhere says so while it is looked at, and goes on where it was', ASKING, async (world) => {
  const tab = await Tab.open(world);
  const { page } = tab;
  const secret = await token(world, 'ci');
  await tab.go('/');
  await dialog(tab).getByLabel('Access token').fill(secret);
  await page.keyboard.press('Enter');
  await tab.connection('live');
  await tab.go('/pipelines/new');
  await page.getByLabel('What is to be built?').fill('A half of a sentence');
  const { credentials } = await world.api.get('/api/v1/access');
  const session = credentials.find(({ kind }) => kind === 'session');
  assert.equal((await world.api.call('DELETE', `/api/v1/access/${session.id}`)).status, 204);
  await dialog(tab).waitFor();
  await dialog(tab).getByLabel('Access token').fill(secret);
  await page.keyboard.press('Enter');
  await tab.connection('live');
  await until('what was typed to be there', async () => (await page.getByLabel('What is to be built?').inputValue()) === 'A half of a sentence');
  await tab.done(REFUSED);
});
