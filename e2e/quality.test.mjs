// Every page, full and empty: accessible in light and dark, within 390 and 320 pixels, without a word on the console, and of the structure that is
// committed.

import assert from 'node:assert/strict';
import { Tab } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';
import { expectStructure } from './lib/structure.mjs';

/** The pages whose structure is committed: one of each kind. */
const STRUCTURED = ['list', 'new', 'pipeline', 'handoff', 'waiting', 'approvals', 'templates', 'settings', 'empty-list', 'empty-approvals', 'not-found'];

const SHAPES = [
  { name: 'light', width: 1280, colorScheme: 'light' },
  { name: 'dark', width: 1280, colorScheme: 'dark' },
  { name: 'narrow', width: 390, colorScheme: 'light', isNarrow: true },
  { name: 'narrowest', width: 320, colorScheme: 'dark', isNarrow: true },
];

async function inspect(world, pages) {
  for (const shape of SHAPES) {
    const tab = await Tab.open(world, { height: 900, ...shape });
    for (const [name, path, settled] of pages) {
      await tab.go(path);
      await tab.connection('live');
      await settled(tab.page).first().waitFor();
      await tab.screenshot(`${name}-${shape.name}`);
      if (shape.name === 'light' && STRUCTURED.includes(name)) await expectStructure(tab, name);
      if (shape.isNarrow) await tab.expectNoSidewaysScroll(name);
      else await tab.expectAccessible(`${name}, ${shape.name}`);
    }
    await tab.done();
  }
}

scenario('the pages of a server with runs are accessible and fit', async (world) => {
  const finished = await world.quickFix();
  await world.api.ended(finished.id);
  const waiting = await world.gatedPlan();
  await world.api.gate(waiting.id);
  const part = (page) => page.getByTestId('part');
  await inspect(world, [
    ['list', '/pipelines', (page) => page.getByTestId('pipeline-row')],
    ['new', '/pipelines/new', (page) => page.getByRole('button', { name: 'Start the pipeline' })],
    ['pipeline', `/pipelines/${finished.id}`, part],
    ['handoff', `/pipelines/${finished.id}?step=2&attempt=1&tab=handoff`, (page) => page.getByTestId('handoff')],
    ['changes', `/pipelines/${finished.id}?step=1&tab=changes&diff=branch`, (page) => page.getByTestId('diff')],
    ['receipt', `/pipelines/${finished.id}?step=1&tab=receipt`, (page) => page.getByTestId('receipt')],
    ['waiting', `/pipelines/${waiting.id}`, (page) => page.getByTestId('approval-card')],
    ['approvals', '/approvals', (page) => page.getByTestId('so-far').filter({ hasText: 'so far' })],
    ['audit', '/audit', (page) => page.getByRole('row')],
    ['pipeline-audit', `/pipelines/${finished.id}/audit`, (page) => page.getByRole('row')],
    ['templates', '/templates', (page) => page.getByText('quick_fix')],
    ['agents', '/agents', (page) => page.getByText('senior-reviewer')],
    ['settings', '/settings', (page) => page.getByText('The database answers.')],
  ]);
});

scenario('the pages of a new server say what to do, and offer the demo as scripted', { environment: { AGENCY_DEMO__ENABLED: 'true' } }, async (world) => {
  await inspect(world, [
    ['empty-list', '/pipelines', (page) => page.getByRole('button', { name: 'Check again' })],
    ['empty-approvals', '/approvals', (page) => page.getByText('Nothing waits for you.')],
    ['empty-audit', '/audit', (page) => page.getByText('Nothing has happened yet.')],
    ['not-found', '/no-such-page', (page) => page.getByRole('heading')],
  ]);
  const policy = (await world.api.call('GET', '/pipelines', { headers: { accept: 'text/html' } })).headers.get('content-security-policy');
  assert.match(policy, /default-src 'none'; script-src 'self'/);
  assert.doesNotMatch(policy, /'unsafe-(inline|eval)'|\*/);
  const tab = await Tab.open(world);
  await tab.go('/pipelines');
  // The worst order: what was made is told, and the list shows it in the place of the button, before the button has its answer.
  await tab.page.route('**/api/v1/demo', async (route) => {
    const response = await route.fetch();
    await tab.page.getByTestId('pipeline-row').waitFor();
    await route.fulfill({ response });
  });
  await tab.page.getByRole('button', { name: /demo.*scripted/i }).click();
  await tab.page.waitForURL(/\/pipelines\/\d+/);
  await tab.page.getByText('Scripted model').first().waitFor();
  await tab.go('/pipelines');
  await tab.page.getByTestId('pipeline-row').getByText('Scripted model').waitFor();
  await tab.done();
});
