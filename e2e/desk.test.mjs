// What stands around the runs: an approval that is put off, the record of a template, the log that shows whether anyone has changed it.

import assert from 'node:assert/strict';
import { SERVER_GONE, Tab } from './lib/browser.mjs';
import { changeDatabase } from './lib/database.mjs';
import { scenario } from './lib/scenario.mjs';
import { until } from './lib/waiting.mjs';
import { join } from 'node:path';

scenario('an approval that is put off is neither shown nor counted, and comes back when it is asked for or its hour is over', async (world) => {
  const { id } = await world.gatedPlan();
  await world.api.gate(id);
  const tab = await Tab.open(world);
  const { page } = tab;
  await page.clock.install();
  await tab.go('/inbox');
  const [card, putOff] = [page.getByTestId('approval-card'), page.getByTestId('put-off')];
  const waiting = page.getByRole('navigation', { name: 'Main' }).getByText('1 waiting');
  await waiting.waitFor();
  await card.getByRole('button', { name: 'Put off for an hour' }).click();
  await card.waitFor({ state: 'detached' });
  await putOff.getByText('1 approval put off').waitFor();
  await waiting.waitFor({ state: 'detached' });
  await tab.expectAccessible('an approval that is put off');
  await page.reload();
  await putOff.waitFor();
  await putOff.getByRole('button', { name: 'Show' }).click();
  await card.waitFor();

  // By the key, where the focus is in the card and not in what is typed.
  await card.focus();
  await page.keyboard.press('s');
  await putOff.waitFor();
  await page.clock.fastForward('01:01:00');
  await card.waitFor();
  await putOff.waitFor({ state: 'detached' });
  await waiting.waitFor();
  await tab.done();
});

scenario('a template says how its runs ended, where it is listed and where it is chosen', async (world) => {
  const finished = await world.api.ended((await world.quickFix()).id);
  const other = (await world.quickFix({ template: 'full_feature' })).id;
  await world.api.cancel(other);
  await world.api.ended(other, 'cancelled');
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/templates');
  const record = (name) => page.getByRole('listitem').filter({ has: page.getByRole('link', { name }) }).locator('.record');
  await record('quick_fix').getByText(/^Its one run succeeded\. It took \d+ s and \$\d/).waitFor();
  await record('full_feature').getByText('Its one run did not succeed.').waitFor();
  await record('plan_only').getByText('No run of it has ended yet.').waitFor();
  assert.deepEqual(await page.locator('.strip a').evaluateAll((runs) => runs.map((run) => [run.getAttribute('href'), run.dataset.status])), [
    [`/pipelines/${other}`, 'cancelled'],
    [`/pipelines/${finished.id}`, 'succeeded'],
  ]);
  await tab.expectAccessible('the record of a template');
  await tab.expectNoSidewaysScroll('the record of a template');
  await page.goto('/pipelines/new');
  await page.getByLabel('Template').selectOption('quick_fix');
  await page.locator('.record').getByText('Its one run succeeded.').waitFor();
  await tab.done();
});

scenario('what stopped or ended since the reader looked is in the inbox, counts where it needs them, and goes once they have seen it', async (world) => {
  await world.api.ended((await world.quickFix({ description: 'Ended before anyone looked.' })).id);
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/inbox');
  await page.getByText('Nothing waits for you.').waitFor();
  const failing = { description: 'Fail.', repo: world.repository().path, steps: [{ check: 'exit 3' }] };
  await world.api.ended((await world.quickFix()).id);
  await world.api.ended((await world.api.create(failing)).id, 'failed');
  const held = await world.quickFix({ models: { developer: 'mock/gated' } });
  await world.api.atWork(held.id, 'developer');
  await world.api.expect(202, `/api/v1/pipelines/${held.id}/pause`, { now: true });
  const [ended, paused] = [page.getByTestId('inbox-ended').getByTestId('pipeline-row'), page.getByTestId('inbox-paused').getByTestId('pipeline-row')];
  await paused.waitFor();
  await ended.nth(1).waitFor();
  assert.deepEqual(await ended.evaluateAll((rows) => rows.map((row) => row.dataset.status)), ['failed', 'succeeded']);
  const waiting = page.getByRole('navigation', { name: 'Main' });
  await waiting.getByText('2 waiting').waitFor();
  await tab.expectAccessible('an inbox of what stopped');
  await tab.expectNoSidewaysScroll('an inbox of what stopped');
  await tab.screenshot('inbox-ended');
  await page.getByRole('button', { name: 'I have seen these' }).click();
  await ended.first().waitFor({ state: 'detached' });
  await waiting.getByText('1 waiting').waitFor();
  await page.reload();
  await paused.waitFor();
  assert.equal(await ended.count(), 0, 'a reload does not bring back what was seen');
  await world.api.cancel(held.id);
  await page.getByText('Nothing waits for you.').waitFor();
  await tab.done();
});

scenario('a failed run says what its command printed and is retried from its card, and a run that succeeded says what came of it', async (world) => {
  const check = `[ -e '${world.gate}' ] || { for line in $(seq 30); do echo "line $line"; done; exit 3; }`;
  const { id } = await world.api.create({ description: 'Check it.', repo: world.repository().path, steps: [{ check }] });
  const { branch } = await world.api.ended(id, 'failed');
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go(`/pipelines/${id}`);
  const failure = page.getByTestId('failure');
  await failure.locator('pre').getByText(/^line 11\n.*line 30$/s).waitFor();
  await tab.expectAccessible('a failure');
  await tab.screenshot('failure');
  await failure.getByRole('button', { name: 'Retry with a note' }).click();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'retry-instruction');
  world.openGate();
  await failure.getByRole('button', { name: 'Retry 1. check' }).click();
  await tab.status('succeeded');
  await failure.waitFor({ state: 'detached' });
  await page.getByTestId('done').getByText(`git merge --no-ff ${branch}`).waitFor();

  const fixed = await world.api.ended((await world.quickFix()).id);
  await tab.go(`/pipelines/${fixed.id}`);
  const done = page.getByTestId('done');
  await done.getByText(fixed.steps.at(-1).attempts.at(-1).handoff.metadata.summary).waitFor();
  await tab.expectAccessible('what came of it');
  await tab.screenshot('done');
  await done.getByRole('link', { name: 'Review the changes' }).click();
  await page.getByTestId('diff').waitFor();
  await tab.done();
});

scenario('the list is searched while one types, by words and by names', async (world) => {
  const [plan, fix] = [await world.gatedPlan(), await world.quickFix({ title: 'Repair the lamp' })];
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/pipelines');
  const [rows, search] = [page.getByTestId('pipeline-row'), page.getByRole('searchbox')];
  const shown = (...wanted) => until('the rows', async () => (await rows.evaluateAll((rows) => rows.map((row) => Number(row.dataset.id)))).join() === wanted.join());
  await shown(fix.id, plan.id);
  await search.pressSequentially('lamp ');
  await shown(fix.id);
  assert.match(page.url(), /[?]q=lamp$/);
  assert.equal(await search.inputValue(), 'lamp ', 'what is typed stays as it is');
  await search.fill('template:ad_hoc');
  await shown(plan.id);
  await search.fill('template:nothing');
  await page.getByText('No pipeline matches these filters.').waitFor();
  await page.getByRole('link', { name: 'Show all pipelines' }).click();
  await shown(fix.id, plan.id);
  assert.equal(await search.inputValue(), '');
  await world.api.cancel(plan.id);
  await tab.done();
});

scenario('the audit log says that it is as it was written, and where it is not', async (world) => {
  const { id } = await world.api.ended((await world.quickFix()).id);
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/audit');
  const newest = (await world.api.audit(id)).map((event) => event.id).sort((one, other) => other - one)[0];
  await page.getByText(`Unchanged: verified up to event ${newest}.`).waitFor();
  const download = async (link) => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: link }).click()]);
    return [file.suggestedFilename(), await text(await file.createReadStream())];
  };
  const [name, lines] = await download('Export as NDJSON');
  assert.match(name, /\.ndjson$/);
  assert.equal(lines.trim().split('\n').map((line) => JSON.parse(line)).at(-1).id, newest);
  const [, table] = await download('Export as CSV');
  assert.match(table, /^id,created_at,pipeline_id,/);

  await world.server.kill();
  const changed = changeDatabase(join(world.server.dataDir, 'agency.db'), `UPDATE audit_events SET created_at = '2020-01-01T00:00:00Z' WHERE id = ${newest}`);
  assert.equal(changed, 1);
  await world.server.start();
  await page.getByText(`Changed from outside at event ${newest}`).waitFor();
  await tab.done(SERVER_GONE);
});

scenario('the audit log narrows to a kind and to words, a link shows the same to whoever gets it, and an event leads to its step', async (world) => {
  const { id } = await world.api.ended((await world.quickFix()).id);
  const tab = await Tab.open(world);
  const { page } = tab;
  const kind = (name) => page.getByRole('navigation', { name: 'Filter by kind' }).getByRole('link', { name, exact: true });
  const rows = (type) => page.locator(type ? `tr[data-event=${type}]` : 'tr[data-event]');
  const types = async () => [...new Set(await rows().evaluateAll((shown) => shown.map((row) => row.dataset.event)))].sort();
  await tab.go('/audit');
  await rows('pipeline_created').waitFor();
  await kind('Results').click();
  await rows('pipeline_created').waitFor({ state: 'detached' });
  assert.ok((await types()).includes('handoff_recorded') && !(await types()).includes('attempt_started'), String(await types()));

  // Words, by the key that leads to the field.
  await page.keyboard.press('/');
  await page.keyboard.type('REVIEWER approved');
  await page.keyboard.press('Enter');
  await rows('handoff_recorded').first().waitFor({ state: 'detached' });
  assert.deepEqual(await types(), ['verdict_recorded']);
  assert.match(page.url(), /\/audit\?kind=results&q=REVIEWER%20approved$/);
  await tab.expectAccessibleInBothThemes('audit-filtered');
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export as NDJSON' }).click()]);
  assert.equal(file.suggestedFilename(), 'agency-audit-filtered.ndjson');
  assert.deepEqual((await text(await file.createReadStream())).trim().split('\n').map((line) => JSON.parse(line).event_type), ['verdict_recorded']);

  // The link, the way back, and nothing that matches.
  await page.reload();
  await rows('verdict_recorded').waitFor();
  assert.equal(await page.getByRole('searchbox').inputValue(), 'REVIEWER approved');
  assert.equal(await kind('Results').getAttribute('aria-current'), 'true');
  await kind('Permissions').click();
  await page.getByText('Nothing matches.').waitFor();
  await tab.expectAccessible('an audit log that has nothing of the kind');
  await page.goBack();
  await rows('verdict_recorded').waitFor();
  await kind('Permissions').click();
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await rows('pipeline_created').waitFor();
  assert.equal(new URL(page.url()).search, '');

  // What happens meanwhile is shown where it fits, and only there.
  await kind('Beginnings and ends').click();
  await rows('attempt_started').first().waitFor({ state: 'detached' });
  const other = (await world.quickFix()).id;
  await rows('pipeline_created').nth(1).waitFor();
  await world.api.ended(other);
  await rows('pipeline_succeeded').nth(1).waitFor();
  assert.deepEqual(await types(), ['pipeline_created', 'pipeline_started', 'pipeline_succeeded']);

  await tab.go(`/pipelines/${id}/audit?kind=results`);
  await page.setViewportSize({ width: 320, height: 800 });
  await rows('handoff_recorded').last().waitFor();
  await tab.expectNoSidewaysScroll('the filters of the audit log');
  await rows('handoff_recorded').last().getByRole('link', { name: 'Hand-off recorded' }).click();
  await page.waitForURL(/\/pipelines\/\d+\?step_id=\d+&attempt_id=\d+$/);
  await page.getByTestId('step').first().locator('[aria-current=step]').waitFor();
  await tab.done();
});

async function text(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
