// The form for a new pipeline, besides its plain use: what a repository leaves out, a chain that is changed for one run, a request that is asked again.

import assert from 'node:assert/strict';
import { Tab } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';

const pipelineId = ({ page }) => Number(/pipelines\/(\d+)/.exec(page.url())[1]);

scenario('a chain is changed for one run, in a repository that says what a run would not see, and the same is asked again', async (world) => {
  const repository = world.repository();
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go('/pipelines/new');
  const standing = page.getByTestId('standing');
  await page.getByLabel('What is to be built?').fill('Write a note.');
  await page.getByLabel('Repository').fill(`${repository.path}/nowhere`);
  await page.keyboard.press('Tab');
  await standing.getByText('check the path').waitFor();
  await page.getByLabel('Repository').fill(repository.path);
  await page.keyboard.press('Tab');
  await standing.getByText(/^\w+ is checked out, at [0-9a-f]{10}\.$/).waitFor();
  await standing.getByText(/^⚠ 3 files are changed and not committed\./).waitFor();

  await page.getByLabel('Template').selectOption('full_feature');
  await page.getByText('Leave steps out, or be asked between them').click();
  const tailor = page.getByTestId('tailor');
  await tailor.getByLabel('Leave out: developer').check();
  await page.getByRole('button', { name: 'Start the pipeline' }).click();
  await page.getByRole('alert').filter({ hasText: 'no earlier step has the agent developer' }).first().waitFor();
  await tailor.getByLabel('Leave out: developer').uncheck();
  for (const agent of ['product-owner', 'architect']) await tailor.getByLabel(`Leave out: ${agent}`).check();
  // The gate that the template has would be one of nothing.
  await tailor.getByLabel(/^Leave out: (?!product-owner|architect|developer|senior-reviewer)/).check();
  await tailor.getByLabel('Ask me after it: developer').check();
  assert.deepEqual(await page.locator('.chain .chain-name').allInnerTexts(), ['developer', 'approval', 'senior-reviewer']);
  await tab.expectAccessible('a chain that is changed');
  await tab.screenshot('form-tailored');
  await page.getByRole('button', { name: 'Start the pipeline' }).click();
  await page.waitForURL(/\/pipelines\/\d+/);
  const id = pipelineId(tab);
  const gate = await world.api.gate(id);
  assert.equal(gate.question, 'Go on after developer?');
  await world.api.decide(gate.id, { decision: 'approve' });
  // The reviewer asks for one change, so that the developer comes by again.
  await world.api.when(id, 'the gate to open again', ({ approvals }) => approvals.some((one) => one.status === 'pending' && one.id !== gate.id));
  await world.api.decide((await world.api.gate(id)).id, { decision: 'approve' });
  const ended = await world.api.ended(id);
  assert.deepEqual([ended.template, ended.steps.map(({ agent_name }) => agent_name)], ['full_feature', ['developer', 'approval', 'senior-reviewer']]);

  await page.getByRole('link', { name: 'Ask again' }).click();
  const again = page.getByTestId('again');
  await again.getByText(`This is what pipeline ${id} was asked.`).waitFor();
  assert.equal(await page.getByLabel('What is to be built?').inputValue(), 'Write a note.');
  await standing.getByText('is checked out').waitFor();
  await page.getByLabel('What is to be built?').fill('Write another note.');
  await page.reload();
  await again.getByText('You have a draft here.').waitFor();
  assert.equal(await page.getByLabel('What is to be built?').inputValue(), 'Write another note.', 'what is typed is kept');
  await again.getByRole('button', { name: 'Replace the draft' }).click();
  assert.equal(await page.getByLabel('What is to be built?').inputValue(), 'Write a note.');
  await tab.done(/status of 400/);
});
