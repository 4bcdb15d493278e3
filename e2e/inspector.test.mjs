// The inspector of a pipeline's page: beside the step or beneath it, by keys, at a width of the reader's own.

import assert from 'node:assert/strict';
import { Tab } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';
import { until } from './lib/waiting.mjs';

/** Whole pixels of layout: rounding, and the scroll bar that a longer page gets. */
const NEARLY_PX = 2;

const inspectorOf = ({ page }) => page.getByRole('complementary', { name: 'Inspector' });
const edgeOf = ({ page }) => page.getByRole('separator', { name: 'Width of the inspector' });

async function boxes({ page }) {
  const [step, inspector] = await Promise.all(['.step-pane', '.inspector'].map((pane) => page.locator(pane).boundingBox()));
  return { step, inspector };
}

/** Waits until it stands there, by where the boxes are. */
async function stands(tab, place) {
  await until(`the inspector to stand ${place} the step`, async () => {
    const { step, inspector } = await boxes(tab);
    const isBeside = inspector.x >= step.x + step.width && Math.abs(inspector.y - step.y) <= NEARLY_PX;
    const isBeneath = inspector.y >= step.y + step.height && inspector.x <= step.x;
    return place === 'beside' ? isBeside : isBeneath;
  }, { seen: async () => JSON.stringify(await boxes(tab)) });
}

const width = async (tab) => (await boxes(tab)).inspector.width;

async function isWide(tab, wanted) {
  await until(`a width of ${wanted}`, async () => Math.abs((await width(tab)) - wanted) <= NEARLY_PX, { seen: () => width(tab) });
  assert.equal(await edgeOf(tab).getAttribute('aria-valuenow'), String(wanted));
}

/** Criteria, and an agent at work that can be told something. */
async function measuredAndAtWork(world) {
  const steps = [{ agent: 'product-owner' }, { agent: 'developer' }];
  const { id } = await world.api.create({ description: 'Write a note.', repo: world.repository().path, steps, models: { developer: 'mock/gated' } });
  await world.api.atWork(id, 'developer');
  return id;
}

scenario('the inspector stands beside the step or beneath it, and what is typed in it stays', async (world) => {
  const id = await measuredAndAtWork(world);
  const tab = await Tab.open(world, { width: 1500 });
  const { page } = tab;
  const inspector = inspectorOf(tab);
  const message = page.getByLabel('Message');
  await tab.go(`/pipelines/${id}`);
  await inspector.getByTestId('criterion').first().waitFor();
  await stands(tab, 'beside');
  await isWide(tab, 320);
  const row = inspector.getByTestId('criterion').first();
  assert.equal(await row.evaluate((row) => getComputedStyle(row).display), 'block', 'the table stacks in a narrow pane');

  await page.keyboard.press('m');
  await page.keyboard.type('Mind the weather.');
  await message.evaluate((field) => (field.isTheSame = true));
  await tab.expectAccessibleInBothThemes('inspector-beside');
  await page.keyboard.press('Escape');
  await page.keyboard.press('i');
  await stands(tab, 'beneath');
  assert.equal(await row.evaluate((row) => getComputedStyle(row).display), 'table-row', 'beneath there is room for a table');
  assert.equal(await edgeOf(tab).count(), 0, 'beneath there is no edge to drag');
  assert.equal(await message.inputValue(), 'Mind the weather.');
  assert.ok(await message.evaluate((field) => field.isTheSame), 'nothing was made anew');
  await tab.expectAccessibleInBothThemes('inspector-beneath');
  await page.reload();
  await inspector.getByTestId('criterion').first().waitFor();
  await stands(tab, 'beneath');
  await page.getByRole('button', { name: 'Inspector beside' }).click();
  await stands(tab, 'beside');
  await page.reload();
  await inspector.getByTestId('criterion').first().waitFor();
  await stands(tab, 'beside');

  // Where three panes have no room the liking waits, and the key leads to it instead.
  await page.setViewportSize({ width: 1280, height: 900 });
  await stands(tab, 'beside');
  await tab.screenshot('inspector-1280');
  await page.setViewportSize({ width: 1100, height: 900 });
  await stands(tab, 'beneath');
  assert.equal(await page.getByRole('button', { name: /^Inspector/ }).count(), 0);
  await page.keyboard.press('i');
  await page.locator('.inspector:focus').waitFor();
  await page.setViewportSize({ width: 390, height: 800 });
  await tab.expectAccessibleInBothThemes('inspector-phone');
  await page.setViewportSize({ width: 320, height: 800 });
  await tab.expectNoSidewaysScroll('the inspector');
  await page.setViewportSize({ width: 1500, height: 900 });
  await stands(tab, 'beside');
  await tab.done();
});

scenario('its edge is moved by arrows and by the pointer, within limits, and the width is kept', async (world) => {
  const id = await measuredAndAtWork(world);
  const tab = await Tab.open(world, { width: 1500 });
  const { page } = tab;
  await tab.go(`/pipelines/${id}`);
  await inspectorOf(tab).getByTestId('criterion').first().waitFor();
  await edgeOf(tab).focus();
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowRight']) await page.keyboard.press(key);
  await isWide(tab, 352);
  await tab.expectAccessible('the edge');
  await tab.screenshot('inspector-edge');
  await page.reload();
  await inspectorOf(tab).getByTestId('criterion').first().waitFor();
  await isWide(tab, 352);

  const grip = async () => {
    const { x, width, y } = await edgeOf(tab).boundingBox();
    await page.mouse.move(x + width / 2, y + 100);
    await page.mouse.down();
    return x + width / 2;
  };
  const from = await grip();
  await page.mouse.move(from - 100, 50, { steps: 4 });
  await isWide(tab, 452);
  await page.mouse.up();
  await page.mouse.move(from, 500);
  await grip();
  await page.mouse.move(50, 500, { steps: 4 });
  await isWide(tab, 560);
  await page.mouse.move(1490, 500, { steps: 4 });
  await isWide(tab, 240);
  await page.mouse.up();
  await tab.done();
});

scenario('a pipeline with nothing to say and nothing to show has no third pane', async (world) => {
  const { id } = await world.quickFix({ models: { developer: 'mock/gated' } });
  await world.api.atWork(id, 'developer');
  await world.api.cancel(id);
  const tab = await Tab.open(world, { width: 1500 });
  const { page } = tab;
  // As if it had been cancelled before its first attempt.
  await page.route(`**/api/v1/pipelines/${id}`, async (route) => {
    const response = await route.fetch();
    const detail = await response.json();
    const steps = detail.steps.map((step) => ({ ...step, status: 'pending', attempts: [] }));
    await route.fulfill({ response, json: { ...detail, status: 'cancelled', steps } });
  });
  await tab.go(`/pipelines/${id}`);
  await tab.status('cancelled');
  await page.locator('.step-pane').waitFor();
  assert.equal(await page.getByRole('button', { name: /^Inspector/ }).count(), 0);
  const [step, grid] = await Promise.all(['.step-pane', '.pipeline-grid'].map((pane) => page.locator(pane).boundingBox()));
  assert.ok(Math.abs(step.x + step.width - grid.x - grid.width) <= NEARLY_PX, 'the step reaches to the edge');
  await page.keyboard.press('i');
  assert.equal(await page.locator('html').getAttribute('data-inspector'), 'beside', 'the key does nothing');
  await tab.done();
});
