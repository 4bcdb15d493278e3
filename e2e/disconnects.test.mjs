// The page against a server that is killed, freezes, forgets, and against streams that break or die without a word: nothing that was shown
// vanishes, nothing is missing or doubled in the end, and nobody reaches for the reload button.

import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { SERVER_GONE, Tab } from './lib/browser.mjs';
import { look } from './lib/looking.mjs';
import { Proxy } from './lib/proxy.mjs';
import { scenario } from './lib/scenario.mjs';
import { expectNoLoss, expectWholeTranscript, watch } from './lib/transcript.mjs';
import { CHAIN_MS_MAX, until } from './lib/waiting.mjs';

/** Three heartbeats until the page knows, and what it takes to come back. */
const SILENCE_MS_MAX = 30_000;

const part = ({ page }, text) => page.getByTestId('part').filter({ hasText: text }).first();
const start = (world, model) => world.quickFix({ models: { developer: `mock/${model}` } });

/** Opens the developer's first attempt and waits until it says `text`. */
async function openFirstAttempt(tab, id, text) {
  await tab.go(`/pipelines/${id}?step=1&attempt=1`);
  await part(tab, text).waitFor({ timeout: CHAIN_MS_MAX });
  await watch(tab);
}

/** A tab whose server is behind a proxy; `body` gets both. */
async function behindProxy(world, body) {
  const proxy = await Proxy.start(world.server.url);
  try {
    await body(await Tab.open(world, { url: proxy.url }), proxy);
  } finally {
    await proxy.close();
  }
}

scenario('the server is killed in the middle of a text: what was shown stays, says of when it is, and goes on by itself', async (world) => {
  const { id } = await start(world, 'talkative');
  const [tab, lost] = [await Tab.open(world), await Tab.open(world)];
  await lost.go('/inbox');
  await lost.connection('live');
  await openFirstAttempt(tab, id, 'alpha-40');
  await world.server.kill();
  await tab.connection('reconnecting');
  await tab.connection('offline');
  const banner = tab.page.getByTestId('outage');
  await banner.filter({ hasText: /as of \d\d:\d\d/ }).filter({ hasText: /Next try in \d+ s/ }).waitFor();
  await part(tab, 'alpha-40').waitFor();
  await tab.expectAccessible('offline');
  await tab.screenshot('offline');
  // A page that is opened only now has nothing to show, and says so.
  await lost.page.getByRole('link', { name: 'Templates' }).click();
  await lost.page.getByRole('alert').filter({ hasText: 'does not answer' }).first().waitFor();
  world.openGate();
  await world.server.start();
  await tab.connection('live');
  await banner.waitFor({ state: 'detached' });
  await lost.page.getByText('quick_fix').first().waitFor();
  await tab.status('succeeded', CHAIN_MS_MAX);
  assert.deepEqual(await tab.attempts('developer'), ['interrupted', 'succeeded']);
  await expectWholeTranscript(tab, world, id, 1);
  await expectNoLoss(tab);
  await tab.done(SERVER_GONE);
  await lost.done(SERVER_GONE);
});

scenario('the server freezes and thaws: the page notices, and is whole again afterwards', async (world) => {
  const { id } = await start(world, 'talkative');
  const tab = await Tab.open(world);
  await openFirstAttempt(tab, id, 'alpha-40');
  process.kill(world.server.child.pid, 'SIGSTOP');
  try {
    await tab.connection('reconnecting', SILENCE_MS_MAX);
    await tab.connection('offline');
    await part(tab, 'alpha-40').waitFor();
  } finally {
    process.kill(world.server.child.pid, 'SIGCONT');
  }
  await tab.connection('live', SILENCE_MS_MAX);
  world.openGate();
  await tab.status('succeeded', CHAIN_MS_MAX);
  await expectWholeTranscript(tab, world, id, 1);
  await expectNoLoss(tab);
  await tab.done(SERVER_GONE);
});

scenario('a stream that is dropped every 50 events loses and doubles nothing', async (world) => {
  await behindProxy(world, async (tab, proxy) => {
    const { id } = await start(world, 'talkative');
    proxy.dropEvery = 50;
    await openFirstAttempt(tab, id, 'alpha-2');
    world.openGate();
    await tab.status('succeeded', CHAIN_MS_MAX);
    assert.ok(proxy.drops >= 3, `dropped only ${proxy.drops} times`);
    await expectWholeTranscript(tab, world, id, 1);
    await expectNoLoss(tab);
    await tab.done(SERVER_GONE);
  });
});

scenario('a stream that dies without a word is noticed and replaced', async (world) => {
  await behindProxy(world, async (tab, proxy) => {
    const { id } = await start(world, 'talkative');
    await openFirstAttempt(tab, id, 'alpha-40');
    const [dead] = proxy.streams;
    proxy.silence();
    world.openGate();
    await until('the dead stream to be given up', () => !proxy.streams.has(dead), { within: SILENCE_MS_MAX });
    await until('another stream in its place, and one alone', () => proxy.streams.size === 1);
    await tab.connection('live');
    await tab.status('succeeded', CHAIN_MS_MAX);
    await expectWholeTranscript(tab, world, id, 1);
    await expectNoLoss(tab);
    await tab.done(SERVER_GONE);
  });
});

scenario('a server that was restored from an older copy tells the page to begin anew', async (world) => {
  const older = await world.quickFix({ description: 'The older one.' });
  await world.api.ended(older.id);
  const { dataDir } = world.server;
  await world.server.stop();
  cpSync(dataDir, `${dataDir}-copy`, { recursive: true });
  await world.server.start();
  const tab = await Tab.open(world);
  await tab.go('/pipelines');
  await tab.connection('live');
  await tab.page.evaluate(() => (globalThis.neverReloaded = true));
  const rows = tab.page.getByTestId('pipeline-row');
  // The connections that the test itself kept open are gone with the server's last life.
  const newer = await until('a run to be taken', () => world.quickFix({ description: 'The newer one.' }));
  await rows.filter({ hasText: 'The newer one.' }).waitFor();
  await world.api.ended(newer.id);
  await world.server.stop();
  rmSync(dataDir, { recursive: true });
  cpSync(`${dataDir}-copy`, dataDir, { recursive: true });
  await world.server.start();
  await tab.connection('live');
  await rows.filter({ hasText: 'The newer one.' }).waitFor({ state: 'detached' });
  await rows.filter({ hasText: 'The older one.' }).waitFor();
  // And from the place that the server named it goes on.
  const latest = await until('a run to be taken', () => world.quickFix({ description: 'The latest one.' }));
  await rows.filter({ hasText: 'The latest one.' }).and(tab.page.locator('[data-status=succeeded]')).waitFor({ timeout: CHAIN_MS_MAX });
  await world.api.ended(latest.id);
  assert.ok(await tab.page.evaluate(() => globalThis.neverReloaded), 'without a reload');
  await tab.done(SERVER_GONE);
});

/** The page's clock jumps. */
const skip = ({ page }, ms) => page.evaluate((ms) => (globalThis.skipped += ms), ms);
const MINUTE_MS = 60_000;

scenario('a hidden tab gives up its stream, keeps its count, and catches up when it is seen again', async (world) => {
  await behindProxy(world, async (tab, proxy) => {
    const { page } = tab;
    await page.addInitScript(() => {
      const now = Date.now;
      globalThis.skipped = 0;
      Date.now = () => now.call(Date) + globalThis.skipped;
    });
    await tab.go('/inbox');
    await tab.connection('live');
    await page.getByText('Nothing waits for you.').waitFor();
    await look(tab, 'hidden');
    await skip(tab, MINUTE_MS + 1_000);
    await tab.connection('paused');
    await until('the stream to be closed', () => proxy.streams.size === 0);
    const { id } = await world.gatedPlan();
    await world.api.gate(id);
    const before = proxy.count('GET /api/v1/approvals');
    await skip(tab, MINUTE_MS);
    await until('the count in the title', async () => /^\(1\)/.test(await page.title()));
    assert.ok(proxy.count('GET /api/v1/approvals') > before);
    assert.equal(proxy.streams.size, 0, 'still without a stream');
    await look(tab, 'visible');
    await tab.connection('live');
    await page.getByTestId('approval-card').waitFor();
    await tab.done(SERVER_GONE);
  });
});
