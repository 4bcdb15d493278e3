// `just test`: runs every suite, shows each one's output, and ends with the line `N passed, N failed` over all of them.
// A check (formatting, lints, drift) counts as one test. A suite that cannot run counts as one failure.
//   node tools/run-tests.mjs [SUITE …]      all of them, or those named

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countJunit, countLastLine, countNode, countRustdoc, summary } from './counts.mjs';
import { endWithParent, start, stop } from './processes.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target');
const JUNIT = join(TARGET, 'nextest', 'default', 'junit.xml');
/** Longer than the slowest suite with nothing built on one core, so that only a hang reaches it. */
const SUITE_MINUTES_MAX = 40;

const NEXTEST = ['cargo', 'nextest', 'run', '--no-fail-fast'];
const STRICT = ['--', '-D', 'warnings'];

// In this order: what is quick to say no comes first, the page before the server that embeds it, the flows through everything last.
const SUITES = [
  check('format', ['cargo', 'fmt', '--all', '--check']),
  check('lints', ['cargo', 'clippy', '--all-targets', ...STRICT]),
  check('page-lints', ['cargo', 'clippy', '-p', 'frontend', '--target', 'wasm32-unknown-unknown', ...STRICT]),
  step('page-build', ['trunk', 'build', '--release']),
  check('page-size', ['node', 'tools/page-size.mjs', 'frontend/dist']),
  nextest('rust', NEXTEST),
  nextest('page', [...NEXTEST, '-p', 'frontend']),
  nextest('wasm-bindgen', [...NEXTEST, '-p', 'wasm-bindgen-tool', '--cargo-profile', 'tool']),
  printed('docs', ['cargo', 'test', '--doc', '--quiet'], countRustdoc),
  printed('tools', ['node', '--test', 'tools/counts.test.mjs', 'tools/divide-page.test.mjs', 'tools/order-functions.test.mjs'], countNode),
  step('server-build', ['cargo', 'build', '-p', 'agency', '-p', 'agency-scripted-model']),
  step('long-run-build', ['cargo', 'build', '-p', 'agency-persistence', '--example', 'long_run']),
  check('openapi', ['sh', 'tools/openapi.sh', 'check']),
  printed('e2e', ['node', 'e2e/run.mjs'], countLastLine),
];

/** Passes or fails as a whole. */
function check(name, command) {
  return { name, command, count: ({ code }) => (code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }) };
}

/** Counts only when it fails: what needs it cannot run then. */
function step(name, command) {
  return { name, command, count: ({ code }) => ({ passed: 0, failed: code === 0 ? 0 : 1 }) };
}

/** Counted from the report that nextest writes. */
function nextest(name, command) {
  const prepare = () => rmSync(JUNIT, { force: true });
  const count = () => (existsSync(JUNIT) ? countJunit(readFileSync(JUNIT, 'utf8')) : null);
  return { name, command, prepare, count };
}

/** Counted from what it prints. */
function printed(name, command, read) {
  return { name, command, capture: true, count: ({ output }) => read(output) };
}

async function runSuite({ name, command, capture, prepare, count }) {
  process.stdout.write(`\n\x1b[1m── ${name}\x1b[0m   ${command.join(' ')}\n`);
  prepare?.();
  const began = performance.now();
  const end = await runCommand(command, capture);
  if (end.error) process.stdout.write(`cannot start ${command[0]}: ${end.error.message}\n`);
  const counted = count(end) ?? { passed: 0, failed: 1 };
  // A command that failed without a failed test did not run to its end.
  if (end.code !== 0 && counted.failed === 0) counted.failed = 1;
  return { name, ...counted, seconds: (performance.now() - began) / 1000 };
}

async function runCommand([command, ...parameters], capture) {
  // Trunk reads NO_COLOR as true or false, where the convention is any value at all.
  const { NO_COLOR: _, ...environment } = process.env;
  const stdio = ['ignore', capture ? 'pipe' : 'inherit', 'inherit'];
  const child = start(command, parameters, { cwd: ROOT, stdio, env: environment });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    output += text;
    process.stdout.write(text);
  });
  const limit = setTimeout(() => {
    process.stdout.write(`\nended: it took more than ${SUITE_MINUTES_MAX} minutes\n`);
    stop(child);
  }, SUITE_MINUTES_MAX * 60_000);
  const end = await child.ended;
  clearTimeout(limit);
  return { ...end, output };
}

endWithParent();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !SUITES.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}. The suites are: ${SUITES.map((suite) => suite.name).join(', ')}.`);
  process.exit(2);
}

// Without its tools no suite can run, and that too ends with a count.
const results = [];
const setup = await runCommand(['sh', 'tools/setup.sh', 'test']);
if (setup.code !== 0) results.push({ name: 'setup', passed: 0, failed: 1, seconds: 0 });
else {
  for (const suite of SUITES) {
    if (wanted.length === 0 || wanted.includes(suite.name)) results.push(await runSuite(suite));
  }
}
process.stdout.write(`\n${summary(results)}\n`);
process.exitCode = results.some((result) => result.failed > 0) ? 1 : 0;
