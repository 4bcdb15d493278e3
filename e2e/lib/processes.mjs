// Processes of a test: started with their output kept, ended for certain, and found by the mark that theAgency puts on them.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';

const TAIL_BYTES_MAX = 64 * 1024;
/** The server gives itself less than this to stop; see its own settings. */
export const STOP_MS_MAX = 15_000;

/** A child process with the end of its output at hand. */
export class Child {
  constructor(command, parameters, options = {}) {
    this.output = '';
    this.process = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.output = (this.output + text).slice(-TAIL_BYTES_MAX);
      });
    }
    this.ended = new Promise((resolve) => {
      this.process.once('error', (error) => resolve({ code: 127, signal: null, error }));
      this.process.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.hasEnded = false;
    this.ended.then(() => (this.hasEnded = true));
  }

  get pid() {
    return this.process.pid;
  }

  /** The last lines that it printed. */
  tail(lines = 60) {
    return this.output.trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** Ends it at once, as a power cut would. */
  async kill() {
    this.process.kill('SIGKILL');
    return this.ended;
  }

  /** Asks it to end, and ends it by force where it does not. Answers how it ended and how long that took. */
  async stop(signal = 'SIGTERM', within = STOP_MS_MAX) {
    const began = performance.now();
    this.process.kill(signal);
    const timer = setTimeout(() => this.process.kill('SIGKILL'), within);
    const end = await this.ended;
    clearTimeout(timer);
    return { ...end, ms: performance.now() - began };
  }
}

/** Runs a command to its end. */
export async function run(command, parameters, { timeout = 60_000, ...options } = {}) {
  const child = new Child(command, parameters, options);
  let stdout = '';
  child.process.stdout.on('data', (text) => (stdout += text));
  const timer = setTimeout(() => child.process.kill('SIGKILL'), timeout);
  const end = await child.ended;
  clearTimeout(timer);
  return { ...end, stdout, output: child.output };
}

/** The variable that every process of a pipeline carries. */
const MARK = 'THEAGENCY_PIPELINE';

/** Ids of the living processes that belong to the pipelines (or to one) of a data directory. */
export function marked(dataDir, pipeline = '') {
  const place = createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 16);
  const entry = `${MARK}=${place}-${pipeline}`;
  return pids().filter((pid) => environment(pid).some((variable) => (pipeline ? variable === entry : variable.startsWith(entry))));
}

/** What each process id runs, for a message. */
export const named = (ids) => ids.map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 120)}`).join('; ');

const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
const environment = (pid) => read(`/proc/${pid}/environ`).split('\0');

/** Another's process cannot be read, and one that has ended has nothing to read. */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The port of 127.0.0.1 that a process listens on. */
export function listensOn(pid) {
  const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1]));
  const rows = read('/proc/net/tcp').trim().split('\n').slice(1).map((row) => row.trim().split(/\s+/));
  const row = rows.find(([, , , state, , , , , , inode]) => state === LISTENING && sockets.has(inode));
  return row && Number.parseInt(row[1].split(':')[1], 16);
}

/** In the kernel's table of connections. */
const LISTENING = '0A';

function link(path) {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}

/** Below the range from which the system hands out ports by itself, so that nobody takes it while a server is down. */
const PORTS = { first: 20_000, count: 12_000 };

/** A port of 127.0.0.1 that nobody uses. */
export async function freePort() {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if (await isFree(port)) return port;
  }
}

/** Whether a port of 127.0.0.1 can be listened on. */
export function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
