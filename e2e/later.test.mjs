// The page comes in two parts. What is seen first needs the first one alone, and whoever is quicker than the second one waits for it.

import assert from 'node:assert/strict';
import { SERVER_GONE, Tab } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';
import { CHAIN_MS_MAX, until } from './lib/waiting.mjs';

const REST = /_later\.wasm$/;

/** Keeps the second part from arriving by itself. Answers the requests that the page made because it could not go on without it. */
async function holdBack({ page }) {
  const urgent = [];
  await page.route(REST, (route) => {
    if (route.request().resourceType() !== 'xhr') return route.abort();
    urgent.push(page.url());
    return route.continue();
  });
  return urgent;
}

scenario('what a page shows first needs nothing of its second part', async (world) => {
  const { id } = await world.gatedPlan();
  const tab = await Tab.open(world);
  const { page } = tab;
  const urgent = await holdBack(tab);
  await tab.go('/');
  await tab.connection('live');
  await page.getByRole('link', { name: /Write a note/ }).first().waitFor();
  await tab.go(`/pipelines/${id}`);
  await tab.connection('live');
  await page.getByTestId('part').first().waitFor({ timeout: CHAIN_MS_MAX });
  await page.getByRole('heading', { name: 'Is this the plan?' }).first().waitFor({ timeout: CHAIN_MS_MAX });
  await tab.go('/inbox');
  await tab.connection('live');
  await page.getByRole('heading', { name: 'Is this the plan?' }).first().waitFor();
  assert.deepEqual(urgent, []);
  await world.api.cancel(id);
  await tab.done(SERVER_GONE);
});

scenario('whoever is quicker than the second part of the page waits for it, and it comes by itself after an outage', async (world) => {
  const tab = await Tab.open(world);
  const { page } = tab;
  const urgent = await holdBack(tab);
  await tab.go('/pipelines');
  await tab.connection('live');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'What do you want to do?' }).waitFor();
  assert.equal(urgent.length, 1, 'asked for where it was needed');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Settings' }).first().click();
  await page.getByRole('heading', { name: 'Settings' }).first().waitFor();
  assert.equal(urgent.length, 1, 'and never again');

  let isHeld = true;
  let arrived = 0;
  await page.unroute(REST);
  await page.route(REST, (route) => (isHeld ? route.abort() : route.continue()));
  page.on('requestfinished', (request) => (arrived += REST.test(request.url()) ? 1 : 0));
  await tab.go('/pipelines');
  await tab.connection('live');
  isHeld = false;
  await until('the second part to come', () => arrived === 1);
  await tab.done(SERVER_GONE);
});
