// A test with a world of its own: a directory, a scripted model, a server, repositories. After each, whatever it was about: the users'
// checkouts are untouched and no process is left. Where it fails, the end of the server's log is printed.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Api } from './api.mjs';
import { closeBrowser } from './browser.mjs';
import { Events } from './events.mjs';
import { Model } from './model.mjs';
import { expectBinaries } from './paths.mjs';
import { Repository } from './repository.mjs';
import { holding } from './scripts.mjs';
import { Server } from './server.mjs';

after(closeBrowser);

/** Beyond every limit inside a test, so that those speak first. */
const SCENARIO_MS_MAX = 240_000;

/**
 * Declares a test. `body` gets the world. Options, which may be left out: `environment` for the server; `start: false` leaves its
 * start to the body; `script` for the model, made from the path of the gate.
 */
export function scenario(name, ...rest) {
  const body = rest.pop();
  const [options = {}] = rest;
  test(name, { timeout: SCENARIO_MS_MAX }, async () => {
    expectBinaries();
    const world = await World.make(options);
    try {
      await body(world);
      await world.expectSound();
    } catch (error) {
      process.stdout.write(`\n${name}\n${world.server.report()}\n`);
      throw error;
    } finally {
      await world.close();
    }
  });
}

class World {
  static async make({ environment, start = true, script = holding }) {
    const world = new World();
    world.directory = mkdtempSync(join(tmpdir(), 'agency-e2e-'));
    world.gate = join(world.directory, 'gate');
    world.repositories = [];
    world.readers = [];
    world.model = await Model.start(world.directory, script(world.gate));
    world.server = await Server.prepare(world.directory, { config: world.model.config, environment });
    world.api = new Api(world.server.url);
    if (start) await world.server.start();
    return world;
  }

  /** A repository with history whose checkout must stay as it is; `prepare` may add to it. */
  repository = (prepare = () => {}) => {
    const repository = Repository.withHistory(join(this.directory, `repository-${this.repositories.length + 1}`));
    prepare(repository);
    this.repositories.push(repository.remember());
    return repository;
  };

  /** A directory of the test's own. */
  place = (name) => {
    const path = join(this.directory, name);
    mkdirSync(path, { recursive: true });
    return path;
  };

  /** A reader of /events. */
  events = async (query, headers) => {
    const reader = await Events.open(this.server.url, query, headers);
    this.readers.push(reader);
    return reader;
  };

  /** Lets the gated developer through. */
  openGate = () => writeFileSync(this.gate, '');

  /** Starts a run of two agents with a gate between them. */
  gatedPlan = () => {
    const steps = [{ agent: 'architect' }, { approval: 'Is this the plan?' }, { agent: 'developer' }];
    return this.api.create({ description: 'Write a note.', repo: this.repository().path, steps });
  };

  /** Starts a `quick_fix` of a repository of its own; `more` adds to or replaces the request. */
  quickFix = (more = {}) =>
    this.api.create({ description: 'Write a note.', repo: more.repo ?? this.repository().path, template: 'quick_fix', ...more });

  async expectSound() {
    for (const reader of this.readers) reader.expectSound();
    await Promise.all(this.readers.map((reader) => reader.close()));
    if (this.server.isRunning) await this.server.stop();
    await this.server.expectNoProcesses();
    for (const repository of this.repositories) repository.expectUntouched();
  }

  async close() {
    this.openGate();
    await Promise.all(this.readers.map((reader) => reader.close()));
    if (this.server.isRunning) await this.server.kill();
    for (const pid of this.server.marked()) process.kill(pid, 'SIGKILL');
    await this.model.stop();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
