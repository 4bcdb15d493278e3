// Measures the page in a real Chromium, on a run of 20,000 parts and a diff of 10,000 lines, and writes the table of docs/PERFORMANCE.md.
//   node benches/web.mjs [--rounds N] [--parts N] [--dry]

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Tab, closeBrowser } from '../e2e/lib/browser.mjs';
import { writeLongRun } from '../e2e/lib/long-run.mjs';
import { AGENCY_BIN } from '../e2e/lib/paths.mjs';
import { Proxy } from '../e2e/lib/proxy.mjs';
import { Repository } from '../e2e/lib/repository.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { until } from '../e2e/lib/waiting.mjs';
import { dated, median, sorted, writeBetween } from './tables.mjs';

const LINES = 10_000;
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, parts: { type: 'string', default: '20000' }, dry: { type: 'boolean', default: false } } });
const [ROUNDS, PARTS] = [Number(values.rounds), Number(values.parts)];
const LONG_MS_MAX = 120_000;

const p95 = (numbers) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * 0.95))];

/** What runs in the page: painted is what the second animation frame finds. */
function inPage() {
  const now = () => performance.timeOrigin + performance.now();
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(now()))));
  const there = async (count, selector) => {
    while (document.querySelectorAll(selector).length < count) await new Promise(requestAnimationFrame);
    return painted();
  };
  const frames = async (count, each) => {
    let [worst, last] = [0, await new Promise(requestAnimationFrame)];
    for (let frame = 0; frame < count; frame += 1) {
      each(frame);
      const at = await new Promise(requestAnimationFrame);
      worst = Math.max(worst, at - last);
      last = at;
    }
    return worst;
  };
  const clicks = async (elements) => {
    const times = [];
    for (const element of elements) {
      const began = now();
      element.click();
      times.push((await painted()) - began);
    }
    return times;
  };
  globalThis.bench = { now, painted, there, frames, clicks, arrivals: [] };
}

/** Opens the run in a new tab. `painted` are milliseconds from the beginning of the navigation. */
async function open(world, query = '') {
  const tab = await Tab.open(world, { url: world.proxy.url });
  await tab.page.addInitScript(inPage);
  tab.page.setDefaultTimeout(LONG_MS_MAX);
  await tab.page.goto(`/pipelines/${world.id}?step=1&attempt=1${query}`);
  return tab;
}

const there = ({ page }, count, selector) =>
  page.evaluate(async ([count, selector]) => (await globalThis.bench.there(count, selector)) - performance.timeOrigin, [count, selector]);
const PART = '[data-testid=part]';

/** Everything about one opened transcript. */
async function readTranscript(world) {
  const tab = await open(world);
  const { page } = tab;
  const figures = { 'open the run: the newest 200 of its parts painted': await there(tab, 200, PART) };
  await tab.connection('live');
  // What says how many are missing stands before them all: looking for it costs the page nothing, as counting half a million elements would.
  figures[`all ${PARTS} parts fetched and painted`] = await page.evaluate(async () => {
    const began = globalThis.bench.now();
    document.querySelector('[data-action=earliest]').click();
    while (document.querySelector('[data-testid=earlier]')) await new Promise(requestAnimationFrame);
    return (await globalThis.bench.painted()) - began;
  });
  if ((await page.locator(PART).count()) !== PARTS) throw new Error('not all parts are there');
  figures['scroll through it: worst frame'] = await page.evaluate(() => {
    const frame = document.querySelector('[data-testid=transcript]');
    return globalThis.bench.frames(120, (step) => frame.scrollTo(0, step * 900));
  });
  figures['click to paint in it, p95'] = p95(await page.evaluate(() => globalThis.bench.clicks([...document.querySelectorAll('.part summary')].slice(-20))));
  figures['palette: key to first results'] = await page.evaluate(async () => {
    const palette = document.querySelector('dialog.palette');
    const began = globalThis.bench.now();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true, cancelable: true }));
    while (!palette.querySelector('[role=option]')) await new Promise(requestAnimationFrame);
    return (await globalThis.bench.painted()) - began;
  });
  await page.keyboard.press('Escape');
  figures['JS heap with all of it'] = await heap(page);
  await tab.context.close();
  return figures;
}

async function heap(page) {
  const client = await page.context().newCDPSession(page);
  await client.send('HeapProfiler.collectGarbage');
  return (await client.send('Runtime.getHeapUsage')).usedSize / 1e6;
}

/** Parts of the test's own come through the stream, each with the time at which it was sent. */
async function live(world, perSecond, seconds = 4) {
  const tab = await open(world);
  const { page } = tab;
  await there(tab, 200, PART);
  await tab.connection('live');
  await page.evaluate(() => {
    const seen = (row, painted) => {
      const sent = /sent at ([\d.]+)/.exec(row.textContent)?.[1];
      if (sent) globalThis.bench.arrivals.push(painted - Number(sent));
    };
    new MutationObserver(async (changes) => {
      const rows = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches?.('li.part, ol.chunk'));
      if (rows.length === 0) return;
      const painted = await globalThis.bench.painted();
      for (const row of rows) for (const part of row.matches('.part') ? [row] : row.querySelectorAll('.part')) seen(part, painted);
    }).observe(document.querySelector('[data-testid=transcript]'), { childList: true, subtree: true });
  });
  const count = perSecond * seconds;
  const began = performance.now();
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - began) / 1000) * perSecond));
    for (; sent < due; sent += 1) world.proxy.send(partSent(world, PARTS + sent));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until('the parts to arrive', async () => (await page.evaluate(() => globalThis.bench.arrivals.length)) >= count * 0.99, { within: LONG_MS_MAX });
  const arrivals = await page.evaluate(() => globalThis.bench.arrivals);
  await tab.context.close();
  return p95(arrivals);
}

function partSent({ id, attempt }, ordinal) {
  const part = { seq: 1e9 + ordinal, pipeline_id: id, step_id: 1, attempt_id: attempt, part_id: `live-${ordinal}`, ordinal, kind: 'text', state: 'done' };
  const text = `sent at ${performance.timeOrigin + performance.now()}`;
  return { type: 'transcript_part', pipeline_id: id, part: { ...part, text, html: `<p>${text}</p>`, tool: null, input: null, output: null, diff: null, at: new Date().toISOString() } };
}

async function readDiff(world) {
  const tab = await open(world, '&tab=changes');
  const { page } = tab;
  await page.locator('.file-diff > summary').first().waitFor();
  const figure = await page.evaluate(async (lines) => {
    const began = globalThis.bench.now();
    document.querySelector('.file-diff > summary').click();
    return (await globalThis.bench.there(lines, '.diff-table tr.added')) - began;
  }, LINES);
  await tab.context.close();
  return figure;
}

/** What a browser notes by itself of a first visit. */
function inFirstVisit() {
  globalThis.visit = { largest: 0, shifted: 0, blocked: 0 };
  const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  watch('largest-contentful-paint', ({ startTime }) => (globalThis.visit.largest = startTime));
  watch('layout-shift', ({ value, hadRecentInput }) => (globalThis.visit.shifted += hadRecentInput ? 0 : value));
  // What a task takes beyond 50 ms keeps a click waiting.
  watch('longtask', ({ duration }) => (globalThis.visit.blocked += Math.max(0, duration - 50)));
}

/** Of the list of pipelines, with nothing in the browser's cache: until both parts of the page are there and the list is painted. */
async function visit(world) {
  const tab = await Tab.open(world);
  const { page } = tab;
  await page.addInitScript(inPage);
  await page.addInitScript(inFirstVisit);
  const client = await tab.context.newCDPSession(page);
  await client.send('Network.enable');
  let bytes = 0;
  client.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
  await Promise.all([page.waitForEvent('requestfinished', (request) => request.url().endsWith('_later.wasm')), page.goto('/pipelines')]);
  await tab.connection('live');
  await page.getByRole('main').getByRole('link', { name: /./ }).first().waitFor();
  const { first, largest, shifted, blocked } = await page.evaluate(async () => {
    await globalThis.bench.painted();
    return { ...globalThis.visit, first: performance.getEntriesByName('first-contentful-paint')[0].startTime };
  });
  await tab.context.close();
  return {
    'first visit: transferred': bytes / 1_000,
    'first visit: first contentful paint': first,
    'first visit: largest contentful paint': largest,
    'first visit: blocked beyond 50 ms': blocked,
    'first visit: layout shift': shifted,
  };
}

/** The share of a core that a page takes which nobody touches, in per cent. */
async function idle(world, seconds = 10) {
  const tab = await open(world);
  await there(tab, 200, PART);
  await tab.connection('live');
  const client = await tab.page.context().newCDPSession(tab.page);
  await client.send('Performance.enable');
  const busy = async () => (await client.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const before = await busy();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const share = (100 * ((await busy()) - before)) / seconds;
  await tab.context.close();
  return share;
}

const GOALS = {
  'first visit: transferred': ['kB', 'at most 350'],
  'first visit: first contentful paint': ['ms', 'at most 400'],
  'first visit: largest contentful paint': ['ms', 'at most 700'],
  'first visit: blocked beyond 50 ms': ['ms', 'at most 150'],
  'first visit: layout shift': ['', 'at most 0.02'],
  'open the run: the newest 200 of its parts painted': ['ms', 'at most 1,000'],
  [`all ${PARTS} parts fetched and painted`]: ['ms', ''],
  'scroll through it: worst frame': ['ms', 'at most 50'],
  'click to paint in it, p95': ['ms', 'at most 50'],
  'palette: key to first results': ['ms', 'at most 60'],
  'JS heap with all of it': ['MB', 'at most 150'],
  'event to painted, 200 a second, p95': ['ms', 'at most 100'],
  'event to painted, 2,000 a second, p95': ['ms', 'at most 150'],
  [`a diff of ${LINES} lines, opened and painted`]: ['ms', 'at most 1,000'],
  'processor of a live page that nobody touches': ['%', 'below 1'],
};

async function round(world) {
  return {
    ...(await visit(world)),
    ...(await readTranscript(world)),
    'event to painted, 200 a second, p95': await live(world, 200),
    'event to painted, 2,000 a second, p95': await live(world, 2_000),
    [`a diff of ${LINES} lines, opened and painted`]: await readDiff(world),
    'processor of a live page that nobody touches': await idle(world),
  };
}

function table(rounds, load) {
  const shown = (number) => (number > 0 && number < 1 ? number.toFixed(3) : number < 10 ? number.toFixed(1) : Math.round(number).toLocaleString('en'));
  const rows = Object.entries(GOALS).map(([name, [unit, goal]]) => {
    const numbers = rounds.map((figures) => figures[name]);
    return `| ${name} | ${shown(median(numbers))} ${unit} | ${shown(Math.min(...numbers))}–${shown(Math.max(...numbers))} | ${goal} |`;
  });
  const server = AGENCY_BIN.includes('release') ? 'release' : 'debug';
  return [
    `${dated()}, ${rounds.length} rounds; load average before: ${load.map((number) => number.toFixed(2)).join(', ')}`,
    `- Machine: ${cpus()[0].model}, ${cpus().length} cores; the page as it is released, the server built for ${server}; a run of ${PARTS} parts`,
    '',
    '| what | median | spread | goal |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

const directory = mkdtempSync(join(tmpdir(), 'agency-web-bench-'));
const load = loadavg();
const world = { server: await Server.prepare(directory, {}) };
try {
  const repository = Repository.withHistory(join(directory, 'repository'));
  Object.assign(world, await writeLongRun(world.server, repository, { parts: PARTS, lines: LINES }));
  await world.server.start();
  world.proxy = await Proxy.start(world.server.url);
  const rounds = [];
  for (let number = 1; number <= ROUNDS; number += 1) {
    rounds.push(await round(world));
    console.error(`round ${number} of ${ROUNDS}`, rounds.at(-1));
  }
  const text = table(rounds, load);
  console.log(text);
  if (!values.dry) writeBetween('web', text);
} finally {
  await world.proxy?.close();
  await closeBrowser();
  if (world.server.isRunning) await world.server.stop();
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}
