// Many tabs of one browser, which has six connections to a server for all of them together.

import assert from 'node:assert/strict';
import { Tab } from './lib/browser.mjs';
import { look } from './lib/looking.mjs';
import { Proxy } from './lib/proxy.mjs';
import { scenario } from './lib/scenario.mjs';
import { until } from './lib/waiting.mjs';

const TABS = 12;
/** One of six connections each; the others are for everything else. */
const STREAMS_MAX = 4;

/** `count` tabs of one browser at the list of pipelines, behind a proxy that counts their streams. */
async function withTabs(world, count, body) {
  const proxy = await Proxy.start(world.server.url);
  try {
    const first = await Tab.open(world, { url: proxy.url });
    const tabs = [first];
    while (tabs.length < count) tabs.push(await first.another());
    await Promise.all(tabs.map((tab) => tab.go('/pipelines')));
    await body(tabs, proxy);
    await first.done();
  } finally {
    await proxy.close();
  }
}

const inState = async (tabs, state) => {
  const states = await Promise.all(tabs.map(({ page }) => page.getByTestId('connection').getAttribute('data-state')));
  return tabs.filter((_, index) => states[index] === state);
};
const focus = ({ page }) => page.evaluate(() => dispatchEvent(new Event('focus')));

scenario('twelve tabs that are all looked at load, keep up, and take turns at the streams', async (world) => {
  await withTabs(world, TABS, async (tabs, proxy) => {
    const settled = async () => (await inState(tabs, 'live')).length === STREAMS_MAX && (await inState(tabs, 'crowded')).length === TABS - STREAMS_MAX;
    await until('four tabs to be live, and the others to ask', settled);
    assert.equal(proxy.streams.size, STREAMS_MAX);
    const { title } = await world.gatedPlan();
    await Promise.all(tabs.map(({ page }) => page.getByTestId('pipeline-row').filter({ hasText: title }).waitFor()));
    const [crowded] = await inState(tabs, 'crowded');
    await focus(crowded);
    await crowded.connection('live');
    await until('another tab to have left its place', settled);
    const live = await inState(tabs, 'live');
    const left = live.find((tab) => tab !== crowded);
    tabs.splice(tabs.indexOf(left), 1);
    await left.page.close({ runBeforeUnload: true });
    await until('one of the others to take the place of a tab that was closed', async () => (await inState(tabs, 'live')).length === STREAMS_MAX);
  });
});

scenario('a tab that nobody looks at leaves its place at once when another tab opens', async (world) => {
  await withTabs(world, 2, async ([seen, other], proxy) => {
    await seen.connection('live');
    await other.connection('live');
    await look(other, 'hidden');
    assert.equal(proxy.streams.size, 2, 'as long as nobody needs it, it is kept');
    const third = await seen.another();
    await third.go('/inbox');
    await other.connection('paused');
    await third.connection('live');
    await until('its stream to be closed', () => proxy.streams.size === 2);
    await look(other, 'visible');
    await other.connection('live');
  });
});
