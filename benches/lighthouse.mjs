// Has Lighthouse judge the main screens, as on a desk and as on a phone of the middle class on a slow network, and writes its table of docs/PERFORMANCE.md.
//   node benches/lighthouse.mjs [--dry]
// Lighthouse is fetched by npx: nothing else needs it, and it is larger than all other tools together.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeLongRun } from '../e2e/lib/long-run.mjs';
import { AGENCY_BIN } from '../e2e/lib/paths.mjs';
import { Repository } from '../e2e/lib/repository.mjs';
import { Server } from '../e2e/lib/server.mjs';
import { findChromium } from '../tools/chromium.mjs';
import { dated, median, writeBetween } from './tables.mjs';

/** The newest one that runs on Node.js 20. */
const LIGHTHOUSE = 'lighthouse@12.8.2';
const RUNS = 3;
const FORMS = { desk: ['--preset=desktop'], phone: [] };
const FLAGS = '--headless=new --no-sandbox --disable-gpu --disable-quic';
const { values } = parseArgs({ options: { dry: { type: 'boolean', default: false } } });

/** What is read of a report, and what it is to be, on a desk and on a phone. */
const READ = {
  performance: [({ categories }) => 100 * categories.performance.score, '', 'at least 95', 'at least 95'],
  accessibility: [({ categories }) => 100 * categories.accessibility.score, '', '100', '100'],
  'best practices': [({ categories }) => 100 * categories['best-practices'].score, '', '100', '100'],
  'first contentful paint': [({ audits }) => audits['first-contentful-paint'].numericValue / 1000, ' s', 'at most 0.4 s', 'at most 1.2 s'],
  'largest contentful paint': [({ audits }) => audits['largest-contentful-paint'].numericValue / 1000, ' s', 'at most 0.7 s', 'at most 2.2 s'],
  'blocked': [({ audits }) => audits['total-blocking-time'].numericValue, ' ms', 'at most 150 ms', 'at most 150 ms'],
  'layout shift': [({ audits }) => audits['cumulative-layout-shift'].numericValue, '', 'at most 0.02', 'at most 0.02'],
};

const shown = (number) => String(Number(number.toFixed(number < 10 ? 3 : 0)));

function judged(url, form, folder) {
  const report = join(folder, 'report.json');
  const parameters = ['-y', LIGHTHOUSE, url, '--quiet', '--output=json', `--output-path=${report}`, `--chrome-flags=${FLAGS}`];
  const categories = '--only-categories=performance,accessibility,best-practices';
  const done = spawnSync('npx', [...parameters, categories, ...FORMS[form]], { encoding: 'utf8', env: { ...process.env, CHROME_PATH: findChromium() } });
  if (done.status !== 0) throw new Error(`Lighthouse failed at ${url}: ${done.stderr}`);
  const result = JSON.parse(readFileSync(report, 'utf8'));
  if (result.runtimeError) throw new Error(`Lighthouse failed at ${url}: ${result.runtimeError.message}`);
  const faults = Object.values(result.audits).filter(({ score, scoreDisplayMode }) => scoreDisplayMode === 'binary' && score === 0);
  for (const { id, title } of faults) console.error(`  ${form} ${url}: ${id}: ${title}`);
  return Object.fromEntries(Object.entries(READ).map(([name, [read]]) => [name, read(result)]));
}

function row(screen, form, runs) {
  const cells = Object.entries(READ).map(([name, [, unit]]) => `${shown(median(runs.map((figures) => figures[name])))}${unit}`);
  return `| ${screen} | ${form} | ${cells.join(' | ')} |`;
}

const directory = mkdtempSync(join(tmpdir(), 'agency-lighthouse-'));
const load = loadavg();
const server = await Server.prepare(directory, {});
try {
  const repository = Repository.withHistory(join(directory, 'repository'));
  const { id } = await writeLongRun(server, repository, { parts: 300, lines: 200 });
  await server.start();
  const screens = { pipelines: '/pipelines', 'a pipeline': `/pipelines/${id}`, changes: `/pipelines/${id}?tab=changes`, inbox: '/inbox', 'new pipeline': '/pipelines/new', settings: '/settings' };
  const rows = [];
  for (const [screen, path] of Object.entries(screens)) {
    for (const form of Object.keys(FORMS)) {
      const runs = Array.from({ length: RUNS }, () => judged(server.url + path, form, directory));
      rows.push(row(screen, form, runs));
      console.error(rows.at(-1));
    }
  }
  const goals = [2, 3].map((at) => `| goal | ${['desk', 'phone'][at - 2]} | ${Object.values(READ).map((goal) => goal[at]).join(' | ')} |`);
  const text = [
    `${dated()}, the median of ${RUNS} runs by ${LIGHTHOUSE}; load average before: ${load.map((number) => number.toFixed(2)).join(', ')}`,
    `- Machine: ${cpus()[0].model}, ${cpus().length} cores; ${AGENCY_BIN.includes('release') ? 'release' : 'debug'} build. A phone is simulated: a processor four times slower, 1.6 Mbit/s, 150 ms to the server`,
    '',
    `| screen | as on a | ${Object.keys(READ).join(' | ')} |`,
    `| --- | --- | ${Object.keys(READ).map(() => '---').join(' | ')} |`,
    ...rows,
    ...goals,
  ].join('\n');
  console.log(text);
  if (!values.dry) writeBetween('lighthouse', text);
} finally {
  if (server.isRunning) await server.stop();
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}
