// `agency serve` as a process with a data directory of its own, which survives the process.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AGENCY_BIN, OPENCODE_BIN } from './paths.mjs';
import { Child, freePort, marked, named, run } from './processes.mjs';
import { final, until } from './waiting.mjs';
import assert from 'node:assert/strict';

/** A server that has much to recover answers late, but not later. */
const READY_MS_MAX = 20_000;

export class Server {
  /** Makes the directories; `start` runs it. */
  static async prepare(directory, { config, environment = {} }) {
    const server = new Server();
    server.directory = directory;
    server.dataDir = join(directory, 'data');
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    server.logs = [];
    /** A command that runs the server in its own place. */
    server.wrapper = [];
    mkdirSync(join(directory, 'home'), { recursive: true });
    mkdirSync(join(directory, 'tmp'), { recursive: true });
    mkdirSync(server.dataDir, { recursive: true });
    server.environment = {
      PATH: process.env.PATH,
      HOME: join(directory, 'home'),
      TMPDIR: join(directory, 'tmp'),
      LANG: 'C.UTF-8',
      AGENCY_SERVER__PORT: String(server.port),
      AGENCY_DATA_DIR: server.dataDir,
      AGENCY_DATABASE__URL: `sqlite://${join(server.dataDir, 'agency.db')}`,
      AGENCY_OPENCODE__BIN: OPENCODE_BIN,
      ...(config ? { AGENCY_OPENCODE__CONFIG: config } : {}),
      ...environment,
    };
    return server;
  }

  /** Starts it, or starts it again on the same data and port, and waits for its first answer. */
  async start() {
    const [command, ...parameters] = [...this.wrapper, AGENCY_BIN, 'serve'];
    this.child = new Child(command, parameters, { cwd: this.directory, env: this.environment });
    this.logs.push(this.child);
    await until('the server to answer', () => this.isHealthy(), { within: READY_MS_MAX, seen: () => this.child.tail(5) });
  }

  async isHealthy() {
    if (this.child.hasEnded) throw final(`agency serve has ended:\n${this.child.tail()}`);
    return (await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(2_000) })).ok;
  }

  get isRunning() {
    return Boolean(this.child) && !this.child.hasEnded;
  }

  /** A power cut for the server alone. */
  kill() {
    return this.child.kill();
  }

  stop() {
    return this.child.stop();
  }

  /** Runs a command of the CLI against this server. */
  cli(parameters, options = {}) {
    return run(AGENCY_BIN, parameters, { cwd: this.directory, env: this.environment, ...options });
  }

  /** Processes of its pipelines that are alive. */
  marked(pipeline) {
    return marked(this.dataDir, pipeline);
  }

  /** Waits until no process of its pipelines (or of one) is left. */
  expectNoProcesses(pipeline) {
    return until('the pipelines’ processes to end', () => this.marked(pipeline).length === 0, {
      within: 10_000,
      seen: () => named(this.marked(pipeline)),
    });
  }

  /** The ends of the logs of all its lives. */
  report() {
    return this.logs.map((child, life) => `── log of the server, life ${life + 1} of ${this.logs.length}\n${child.tail()}`).join('\n');
  }

  /** Nothing that an agent, a key or a person wrote belongs into the log. */
  expectNotLogged(...texts) {
    for (const text of texts) assert.ok(!this.logs.some((child) => child.output.includes(text)), `the log contains ${JSON.stringify(text)}`);
  }
}
