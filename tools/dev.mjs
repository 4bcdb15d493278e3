// `just dev`: the server on 8000 and the page on 3000, both rebuilt on change, both ended by Ctrl-C.
// Trunk watches and serves the page. The server is watched here: a change builds it, and a build that succeeds replaces
// the one that runs. Its state is in data/, so a restart loses nothing.

import { watch } from 'chokidar';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithParent, start, stop } from './processes.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target');
const SERVER_BINARY = join(TARGET, 'debug', 'agency');
const SERVER_PORT = Number(process.env.AGENCY_SERVER__PORT ?? 8000);
const PAGE_PORT = Number(process.env.TRUNK_SERVE_PORT ?? 3000);
const WATCHED = ['crates', 'migration', 'Cargo.toml', 'Cargo.lock'];
/** Editors write a file in several steps: wait this long after the last one. */
const SETTLE_MS = 200;
/** The first page build compiles some two hundred crates. */
const PAGE_READY_MS_MAX = 30 * 60_000;
const POLL_MS = 250;
const ANSWER_MS_MAX = 2_000;

const say = (text) => process.stdout.write(`\x1b[1m==> ${text}\x1b[0m\n`);

let server = null;
let building = false;
let changed = false;
let ending = false;

async function buildServer() {
  const before = modified(SERVER_BINARY);
  const build = start('cargo', ['build', '-p', 'agency'], { cwd: ROOT });
  const { code } = await build.ended;
  return { succeeded: code === 0, replaced: modified(SERVER_BINARY) !== before };
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function startServer() {
  const child = start(SERVER_BINARY, ['serve'], {
    cwd: ROOT,
    label: '\x1b[36mserver │\x1b[0m',
    env: serverEnvironment(),
  });
  server = child;
  child.ended.then(({ code }) => {
    if (server !== child || ending) return;
    server = null;
    say(`The server ended with code ${code}. It starts again after the next change to its source.`);
  });
}

/** The user's settings win; the page's origin is named only where it is not the default one. */
function serverEnvironment() {
  const origins = PAGE_PORT === 3000 ? {} : { AGENCY_SERVER__CORS_ORIGINS: JSON.stringify([`http://localhost:${PAGE_PORT}`]) };
  // The server writes into a pipe here, where its own choice would be JSON.
  const log = process.stdout.isTTY ? { AGENCY_LOG__FORMAT: 'pretty' } : {};
  return { AGENCY_DEMO__ENABLED: 'true', ...log, ...origins, ...process.env, AGENCY_SERVER__PORT: String(SERVER_PORT) };
}

async function onChange() {
  changed = true;
  if (building || ending) return;
  building = true;
  while (changed && !ending) {
    changed = false;
    const { succeeded, replaced } = await buildServer();
    if (ending) break;
    if (!succeeded) say(server ? 'The server does not compile; the one before it keeps running.' : 'The server does not compile.');
    else if (replaced || !server) await restartServer();
  }
  building = false;
}

async function restartServer() {
  const old = server;
  server = null;
  if (old) {
    say('The server changed: starting it again.');
    await stop(old);
  }
  if (!ending) startServer();
}

function watchServer() {
  const ignored = (path) => /(^|[/\\])(tests|target|node_modules|\.[^/\\]*)([/\\]|$)|(~|\.sw.)$/.test(path.slice(ROOT.length));
  let timer;
  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLE_MS);
  };
  watch(WATCHED.map((path) => join(ROOT, path)), { ignored, ignoreInitial: true }).on('all', settle);
}

function startPage() {
  // Trunk reads NO_COLOR as true or false, where the convention is any value at all.
  const { NO_COLOR: _, ...environment } = process.env;
  // A directory of its own: frontend/dist always holds the release build, which the server embeds.
  const dist = join(TARGET, 'page-dev');
  mkdirSync(dist, { recursive: true });
  const page = start('trunk', ['serve', '--config', trunkConfiguration(), '--dist', dist, '--port', String(PAGE_PORT)], {
    cwd: ROOT,
    env: environment,
    label: '\x1b[35mpage   │\x1b[0m',
  });
  page.ended.then(async ({ code }) => {
    if (ending) return;
    say(`Trunk ended with code ${code}: stopping.`);
    await end(1);
  });
}

/** Trunk.toml, or a copy that names the server's other port. */
function trunkConfiguration() {
  const original = join(ROOT, 'Trunk.toml');
  if (SERVER_PORT === 8000) return original;
  const text = readFileSync(original, 'utf8')
    .replaceAll('127.0.0.1:8000', `127.0.0.1:${SERVER_PORT}`)
    .replace(/"(frontend|crates|Cargo\.lock|tools\/)/g, (_, first) => `"${ROOT}/${first}`);
  const copy = join(ROOT, '.tools', 'Trunk.toml');
  writeFileSync(copy, text);
  return copy;
}

function portIsFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

async function requirePorts() {
  for (const [port, variable, what] of [
    [SERVER_PORT, 'AGENCY_SERVER__PORT', 'the server'],
    [PAGE_PORT, 'TRUNK_SERVE_PORT', 'the page'],
  ]) {
    if (await portIsFree(port)) continue;
    console.error(`Port ${port}, for ${what}, is in use. Stop what uses it, or choose another: ${variable}=${port + 1} just dev`);
    process.exit(1);
  }
}

async function answers(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })).ok;
  } catch {
    return false;
  }
}

async function announceWhenReady() {
  const deadline = Date.now() + PAGE_READY_MS_MAX;
  while (!ending && Date.now() < deadline) {
    if ((await answers(`http://127.0.0.1:${PAGE_PORT}/`)) && (await answers(`http://127.0.0.1:${SERVER_PORT}/health`))) return announce();
    await new Promise((resume) => setTimeout(resume, POLL_MS));
  }
}

function announce() {
  process.stdout.write(`
    theAgency is running.

      Page     http://localhost:${PAGE_PORT}
      API      http://localhost:${SERVER_PORT}/api/v1/pipelines
      Docs     http://localhost:${SERVER_PORT}/docs
      Events   curl -N http://localhost:${SERVER_PORT}/events

    What you save is rebuilt. Ctrl-C stops everything.

`);
}

const end = endWithParent(() => {
  ending = true;
  process.stdout.write('\n');
  say('Stopping the page and the server.');
});

await requirePorts();
say('Building the server. The first time takes three to six minutes on two cores, later a second or two.');
watchServer();
await onChange();
if (!ending) {
  say('Building the page. The first time takes one to two minutes, later some seconds.');
  startPage();
  await announceWhenReady();
}
