// Takes a picture of each screen, light, dark and on a phone, into docs/screenshots/. `just screenshots` runs it.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Tab } from './lib/browser.mjs';
import { ROOT } from './lib/paths.mjs';
import { scenario } from './lib/scenario.mjs';
import { until } from './lib/waiting.mjs';

const PICTURES = join(ROOT, 'docs/screenshots');
const SHAPES = [
  { name: 'light', width: 1280, height: 860, colorScheme: 'light' },
  { name: 'dark', width: 1280, height: 860, colorScheme: 'dark' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'light' },
];
/** With room for three panes. */
const WIDE = SHAPES.slice(0, 2).map((shape) => ({ ...shape, width: 1440 }));

rmSync(PICTURES, { recursive: true, force: true });
mkdirSync(PICTURES, { recursive: true });

/** Each screen: its name, its address, what is there once it is whole, and what is done before the picture. */
async function take(world, screens, shapes = SHAPES) {
  for (const { name: shape, ...options } of shapes) {
    const tab = await Tab.open(world, options);
    for (const [name, path, settled, prepare = () => {}] of screens) {
      await tab.go(path);
      await tab.connection('live');
      await settled(tab.page).first().waitFor();
      await prepare(tab.page);
      await tab.page.screenshot({ path: join(PICTURES, `${name}-${shape}.jpg`), type: 'jpeg', quality: 72 });
    }
    await tab.done();
  }
}

const remark = async (page) => {
  if ((await page.getByTestId('remark').count()) > 0) return;
  await page.locator('.diff-table tr.added .line-number:not(:empty)').first().click();
  await page.getByLabel('Your remark').fill('Say in the test what this is for.');
  await page.getByRole('button', { name: 'Keep' }).click();
};
const form = async (page) => {
  await page.getByText('The same as a form').click();
  await page.getByLabel('Step 1: product-owner, Agent').scrollIntoViewIfNeeded();
};
const into = (testId) => async (page) => page.getByTestId(testId).first().scrollIntoViewIfNeeded();

scenario('the screens of a server with runs', { environment: { AGENCY_DEMO__ENABLED: 'true' } }, async (world) => {
  const { id: demo } = (await world.api.call('POST', '/api/v1/demo', { body: {} })).body;
  const atWork = await world.quickFix({ title: 'Write the release notes', models: { developer: 'mock/gated' } });
  const waiting = await world.gatedPlan();
  const { steps } = await world.api.ended(demo);
  const again = { after_step_id: steps[0].id, title: 'Judged once more' };
  const fork = (await world.api.call('POST', `/api/v1/pipelines/${demo}/fork`, { body: again })).body.id;
  await world.api.ended(fork);
  await world.api.gate(waiting.id);
  await take(world, [
    ['pipelines', '/pipelines', (page) => page.getByTestId('pipeline-row')],
    ['new', '/pipelines/new', (page) => page.getByRole('button', { name: 'Start the pipeline' })],
    ['at-work', `/pipelines/${atWork.id}`, (page) => page.getByTestId('part')],
    ['pipeline', `/pipelines/${demo}?step=2&attempt=1`, (page) => page.getByTestId('part')],
    ['handoff', `/pipelines/${demo}?step=2&attempt=1&tab=handoff`, (page) => page.getByTestId('handoff'), into('handoff')],
    ['changes', `/pipelines/${demo}?step=1&tab=changes&diff=branch`, (page) => page.getByTestId('diff'), into('diff')],
    ['review', `/pipelines/${demo}?step=1&tab=changes&diff=branch`, (page) => page.locator('.diff-table tr[data-row]'), remark],
    ['receipt', `/pipelines/${demo}?step=2&attempt=1&tab=receipt`, (page) => page.getByTestId('receipt'), into('receipt')],
    ['timeline', `/pipelines/${demo}?step=2&attempt=1&tab=timeline`, (page) => page.getByTestId('timeline'), into('timeline')],
    ['comparison', `/pipelines/${demo}/compare/${fork}`, (page) => page.getByTestId('comparison')],
    ['gate', `/pipelines/${waiting.id}`, (page) => page.getByTestId('approval-card')],
    ['inbox', '/inbox', (page) => page.getByTestId('approval-card')],
    ['templates', '/templates', (page) => page.getByText('quick_fix')],
    ['template', '/templates/full_feature', (page) => page.getByText('It can be saved.')],
    ['template-form', '/templates/full_feature', (page) => page.getByText('The same as a form'), form],
    ['agents', '/agents', (page) => page.getByText('senior-reviewer')],
    ['audit', '/audit', (page) => page.getByRole('row')],
    ['settings', '/settings', (page) => page.getByText('The database answers.')],
  ]);
  await take(world, [['inspector', `/pipelines/${demo}?step=2&attempt=1`, (page) => page.getByTestId('part')]], WIDE);
  world.openGate();
  await world.api.ended(atWork.id);
});

scenario('the first screen of a new server', { environment: { AGENCY_DEMO__ENABLED: 'true' } }, async (world) => {
  await take(world, [['first-run', '/pipelines', (page) => page.getByRole('button', { name: /Run the demo/ })]]);
});

scenario('the screens of a server that asks who calls', { environment: { AGENCY_SERVER__LOGIN: 'true' } }, async (world) => {
  const [, code] = await until('the link', () => /#sign-in=(\S+)/.exec(world.server.child.output));
  const { secret } = (await world.api.call('POST', '/api/v1/access/tokens', { body: { name: 'Nightly builds', code } })).body;
  for (const { name: shape, ...options } of SHAPES) {
    const tab = await Tab.open(world, options);
    const { page } = tab;
    const picture = (name) => page.screenshot({ path: join(PICTURES, `${name}-${shape}.jpg`), type: 'jpeg', quality: 72 });
    await page.goto('/settings');
    const dialog = page.getByRole('dialog', { name: 'Sign in' });
    await dialog.waitFor();
    await picture('sign-in');
    await dialog.getByLabel('Access token').fill(secret);
    await page.keyboard.press('Enter');
    await tab.connection('live');
    const access = page.getByRole('region', { name: 'Access' });
    await access.getByLabel('New access token').fill('Release script');
    await access.getByRole('button', { name: 'Make a token' }).click();
    await access.getByRole('button', { name: /^Copy/ }).waitFor();
    await access.scrollIntoViewIfNeeded();
    await picture('access');
    await tab.done(/status of 401/);
  }
});
