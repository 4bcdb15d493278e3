// A request with attachments, from the form and from the command line to the model, and a preview of its Markdown.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tab } from './lib/browser.mjs';
import { AGENCY_BIN } from './lib/paths.mjs';
import { scenario } from './lib/scenario.mjs';

/** One point of colour, whole: OpenCode looks into pictures. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PICTURE = Buffer.from(PIXEL, 'base64');
const NOTES = { name: 'notes.md', mimeType: 'text/markdown', buffer: Buffer.from('# Grüße\n\nThe corner is round.\n') };

/** Pastes or drops a file where the description is written. */
const bring = (page, type) =>
  page.getByLabel('What is to be built?').evaluate(
    (area, { type, bytes }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], 'image.png', { type: 'image/png' }));
      const how = { bubbles: true, cancelable: true };
      const event = type === 'paste' ? new ClipboardEvent(type, { ...how, clipboardData: transfer }) : new DragEvent(type, { ...how, dataTransfer: transfer });
      area.dispatchEvent(event);
    },
    { type, bytes: [...PICTURE] },
  );

/** The first request of each session that works, in their order. */
function openings({ model }) {
  const seen = new Set();
  const asked = model.requests().map(({ request }) => request).filter((request) => request && request.tools.length > 0);
  return asked.filter(({ session }) => !seen.has(session) && seen.add(session));
}

function expectArrived(world, attempts, words) {
  const opened = openings(world);
  assert.equal(opened.length, attempts);
  for (const { files, user } of opened) {
    assert.deepEqual(files, [`data:image/png;base64,${PIXEL}`], 'each step gets the picture');
    for (const word of words) assert.ok(user.includes(word), `${word} is missing in\n${user}`);
  }
}

scenario('a screenshot is pasted into the form, seen in the pipeline, and arrives at the model in each step', async (world) => {
  const repository = world.repository();
  const tab = await Tab.open(world);
  const { page } = tab;
  const description = page.getByLabel('What is to be built?');
  const attached = page.getByRole('list', { name: 'Attached files' });
  const chooser = page.getByLabel('Attachments');
  await tab.go('/pipelines/new');
  await description.fill('Write a note, **like this**.\n\n<img src=x onerror=alert(1)>');
  await page.getByRole('button', { name: 'Preview', exact: true }).click();
  await page.getByTestId('preview').locator('strong').getByText('like this').waitFor();
  await page.getByTestId('preview').getByText('<img src=x onerror=alert(1)>').waitFor();
  await tab.expectAccessible('a preview');
  await page.getByRole('button', { name: 'Write', exact: true }).click();

  await bring(page, 'paste');
  await attached.getByText('image.png, 70 B').waitFor();
  await bring(page, 'drop');
  await chooser.setInputFiles([NOTES, { name: 'all.zip', mimeType: 'application/zip', buffer: Buffer.from('PK\x03\x04\0') }]);
  await attached.getByText('all.zip').waitFor();
  await page.getByLabel('Repository').fill(repository.path);
  await page.getByLabel('Template').selectOption('quick_fix');
  await page.getByRole('button', { name: 'Start the pipeline' }).click();
  await page.getByRole('alert').getByText('all.zip: this is no PNG, JPEG, GIF or WebP picture').waitFor();
  assert.ok(await chooser.evaluate((input) => document.activeElement === input), 'the field with the fault has the focus');
  await page.getByRole('button', { name: 'Remove all.zip' }).press('Enter');
  assert.ok(await chooser.evaluate((input) => document.activeElement === input), 'the focus is not lost with the button');
  await page.getByRole('button', { name: 'Remove image.png' }).first().click();
  assert.deepEqual(await attached.locator('.attachment-name').allInnerTexts(), ['image.png, 70 B', 'notes.md, 32 B']);
  await tab.expectAccessibleInBothThemes('form-attachments');
  await page.setViewportSize({ width: 320, height: 700 });
  await tab.expectNoSidewaysScroll('the form with attachments');
  await page.setViewportSize({ width: 1280, height: 900 });

  await page.reload();
  await page.getByText('Only words are kept. Attach these files again: image.png, notes.md.').waitFor();
  assert.match(await description.inputValue(), /like this/);
  await bring(page, 'paste');
  await chooser.setInputFiles([NOTES]);
  await attached.getByText('notes.md').waitFor();
  await page.getByRole('button', { name: 'Start the pipeline' }).click();
  await page.waitForURL(/\/pipelines\/\d+/);
  const id = Number(/pipelines\/(\d+)/.exec(page.url())[1]);
  await page.getByText('The request', { exact: true }).click();
  await attached.getByText('notes.md, 32 B').waitFor();
  const picture = attached.locator('img');
  await picture.evaluate((image) => image.decode());
  assert.equal(await picture.evaluate((image) => image.naturalWidth), 1);
  const ended = await world.api.ended(id);
  assert.equal(ended.status, 'succeeded');
  await tab.status('succeeded');
  await tab.expectAccessibleInBothThemes('pipeline-attachments');
  const served = await fetch(new URL(ended.attachments[0].href, world.server.url));
  assert.deepEqual(Buffer.from(await served.arrayBuffer()), PICTURE);
  assert.equal(served.headers.get('content-type'), 'image/png');
  expectArrived(world, ended.steps.flatMap((step) => step.attempts).length, ['`image.png` (image/png, 70 bytes)', 'The corner is round.']);
  await page.setViewportSize({ width: 320, height: 700 });
  await tab.expectNoSidewaysScroll('a pipeline with attachments');

  const attempt = ended.steps[0].attempts[0].id;
  const receipt = await (await fetch(new URL(`/api/v1/attempts/${attempt}/receipt`, world.server.url))).json();
  assert.deepEqual(receipt.attachments.map(({ name, sha256 }) => [name, sha256]), ended.attachments.map(({ name, sha256 }) => [name, sha256]));
  await tab.done(/status of 400/);
});

scenario('a file is attached from the command line', async (world) => {
  const repo = world.repository().path;
  const path = join(world.place('files'), 'mock up.png');
  writeFileSync(path, PICTURE);
  const agency = async (expected, ...parameters) => {
    const { code, stdout, output } = await world.server.cli(['--server', world.server.url, ...parameters], { timeout: 60_000 });
    assert.equal(code, expected, `${AGENCY_BIN} ${parameters.join(' ')}:\n${output}`);
    return { stdout, output };
  };
  const { output } = await agency(1, 'run', 'Write a note.', '--repo', repo, '--attach', join(repo, 'nowhere.png'));
  assert.match(output, /nowhere\.png/);
  const { stdout } = await agency(0, 'run', 'Write a note.', '--repo', repo, '--attach', path, '--attach', path);
  const id = stdout.trim();
  const ended = await world.api.ended(Number(id));
  assert.deepEqual(ended.attachments.map(({ name }) => name), ['mock up.png', 'mock up-2.png']);
  assert.match((await agency(0, 'show', id)).stdout, /attached\s+mock up\.png \(image\/png, 70 bytes\)/);
  assert.deepEqual(openings(world)[0].files, Array(2).fill(`data:image/png;base64,${PIXEL}`));
});
