// Starts commands so that they can be ended whole: each gets a process group of its own, and ending it ends the group.
// Used by dev.mjs and run-tests.mjs.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How long a process may take to end after it was asked to. The server closes its streams and its database in this time. */
const GRACE_MS = 10_000;
/** How long the last lines of a process that ended may take to arrive. */
const OUTPUT_MS_MAX = 500;

const running = new Set();

/** Starts a command in its own process group. Options are those of `spawn`; `label` prefixes each line of its output. */
export function start(command, parameters, { label, ...options } = {}) {
  const stdio = label ? ['ignore', 'pipe', 'pipe'] : (options.stdio ?? ['ignore', 'inherit', 'inherit']);
  const child = spawn(command, parameters, { ...options, stdio, detached: true });
  running.add(child);
  child.ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 127, error }));
    child.once('exit', async (code, signal) => {
      await outputEnded(child);
      resolve({ code: code ?? 128, signal });
    });
  }).then((end) => {
    running.delete(child);
    return end;
  });
  if (label) for (const stream of [child.stdout, child.stderr]) prefix(stream, label);
  return child;
}

/** Waits for the rest of what a process that ended has written, but not for what it started and left behind. */
function outputEnded(child) {
  if (!child.stdout) return Promise.resolve();
  return Promise.race([new Promise((resolve) => child.once('close', resolve)), new Promise((resolve) => setTimeout(resolve, OUTPUT_MS_MAX))]);
}

function prefix(stream, label) {
  createInterface({ input: stream }).on('line', (line) => process.stdout.write(`${label} ${line}\n`));
}

/** Asks a process to end, then ends its whole group. Resolves when it is gone. */
export async function stop(child) {
  if (!running.has(child) || !child.pid) return;
  signal(child.pid, 'SIGTERM');
  const timer = setTimeout(() => signal(-child.pid, 'SIGKILL'), GRACE_MS);
  await child.ended;
  clearTimeout(timer);
  signal(-child.pid, 'SIGKILL'); // whatever it left behind in its group
}

export const stopAll = () => Promise.all([...running].map(stop));

function signal(target, name) {
  try {
    process.kill(target, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // gone already is what we want
  }
}

/** Ends everything, then this process, on Ctrl-C, on a termination, and when the process that started us is gone. */
export function endWithParent(beforehand = () => {}) {
  let ending = false;
  const end = async (code) => {
    if (ending) return;
    ending = true;
    beforehand();
    await stopAll();
    process.exit(code);
  };
  process.on('SIGINT', () => end(130));
  process.on('SIGTERM', () => end(143));
  process.on('SIGHUP', () => end(129));
  process.stdout.on('error', () => end(141)); // nobody reads us any more
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end(143), 1_000).unref();
  return end;
}
