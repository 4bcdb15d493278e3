// Kills the real server with kill -9 at random moments, for some minutes, with real OpenCodes at work; then holds what is left against what must be.
//   node e2e/soak.mjs [MINUTES] [--seed N] [--pipelines N] [--keep]
// Prints a line for each kill and a summary. The same seed makes the same choices; what the machine does in between is its own.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { faultsOf, isAtRest, repositoryFaults } from './lib/aftermath.mjs';
import { Api, attemptsOf } from './lib/api.mjs';
import { Model } from './lib/model.mjs';
import { expectBinaries } from './lib/paths.mjs';
import { Repository } from './lib/repository.mjs';
import { holding } from './lib/scripts.mjs';
import { Server } from './lib/server.mjs';
import { until } from './lib/waiting.mjs';

/** A life is up to this long; an agent's step takes about five seconds, so that some lives finish some. */
const LIFE_MS_MAX = 25_000;
/** Share of the lives that are over before the server has answered once. */
const STILLBORN = 0.15;
const PERSON_LOOKS_MS = 400;
/** What a pipeline needs when nobody kills it any more, several at once on two cores. */
const SETTLE_MS_MAX = 8 * 60_000;
/** Kills make attempts, and attempts are budgeted. */
const PLENTY = { tokens: 1_000_000_000, minutes: 100_000, attempts: 100_000 };
const LOOP = { back_to: 'developer', max_rounds: 3 };

const CHAINS = [
  { template: 'quick_fix' },
  { steps: [{ agent: 'architect' }, { approval: 'Is this the plan?' }, { agent: 'developer' }] },
  { steps: [{ agent: 'developer' }, { check: 'test -s agency-note.txt' }, { agent: 'senior-reviewer', on_changes_requested: LOOP }] },
];

/** A generator of numbers below 1 that a seed determines (mulberry32). */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

class Soak {
  static async prepare({ minutes, seed, pipelines }) {
    const soak = new Soak();
    Object.assign(soak, { minutes, seed, pipelines, draw: random(seed), kills: 0, runs: new Map(), acknowledged: new Map(), begunTwice: [], startMs: [] });
    soak.directory = mkdtempSync(join(tmpdir(), 'agency-soak-'));
    const gate = join(soak.directory, 'gate');
    writeFileSync(gate, '');
    soak.model = await Model.start(soak.directory, holding(gate));
    soak.server = await Server.prepare(soak.directory, { config: soak.model.config, environment: { AGENCY_ENGINE__MAX_CONCURRENT: String(pipelines) } });
    soak.api = new Api(soak.server.url);
    return soak;
  }

  async run() {
    const end = performance.now() + this.minutes * 60_000;
    await this.start();
    while (performance.now() < end) await this.live();
    this.say(`no more kills; waiting for ${this.open().length} pipelines`);
    await until('every pipeline to end or to wait for a person', async () => {
      await this.usePerson(() => 1);
      return this.open().length === 0;
    }, { within: SETTLE_MS_MAX, seen: () => this.told() });
    return this.judge();
  }

  /** One life of the server, from its start to its kill. */
  async live() {
    const life = this.draw() * LIFE_MS_MAX;
    // Beside what people do, so that it also cuts them off in the middle of a call.
    const killed = pause(life).then(() => this.server.kill());
    while (this.server.isRunning) {
      await this.usePerson(this.draw).catch(() => {});
      await Promise.race([killed, pause(PERSON_LOOKS_MS)]);
    }
    await killed;
    this.kills += 1;
    this.say(`kill ${this.kills} after ${(life / 1000).toFixed(1)} s: ${this.told()}`);
    while (this.draw() < STILLBORN) {
      const starting = this.server.start().catch(() => {});
      const breath = this.draw() * 600;
      await pause(breath);
      await this.server.kill();
      await starting;
      this.kills += 1;
      this.say(`kill ${this.kills} ${breath.toFixed(0)} ms into a start`);
    }
    await this.start();
  }

  async start() {
    const began = performance.now();
    await this.server.start();
    this.startMs.push(performance.now() - began);
  }

  /** What people do: begin runs, decide, resume, interrupt; and remember what the server has told them. */
  async usePerson(draw) {
    if (this.open().length < this.pipelines && draw() < 0.5) await this.begin();
    for (const [id, run] of this.runs) {
      if (run.isOver) continue;
      const pipeline = await this.api.pipeline(id);
      run.pipeline = pipeline;
      await this.remember(id);
      if (pipeline.status === 'waiting_for_approval') {
        const gate = pipeline.approvals.find(({ status }) => status === 'pending');
        if (gate) await this.api.decide(gate.id, { decision: 'approve', digest: gate.digest });
      } else if (pipeline.status === 'paused' && pipeline.status_reason.code !== 'needs_attention') {
        await this.api.post(`/api/v1/pipelines/${id}/resume`, { budget: PLENTY });
      } else if (pipeline.status === 'running') {
        const wish = draw();
        if (wish < 0.004) await this.api.post(`/api/v1/pipelines/${id}/pause`, { now: true });
        else if (wish < 0.008) await this.api.post(`/api/v1/pipelines/${id}/pause`, {});
        else if (wish < 0.012) await this.api.post(`/api/v1/pipelines/${id}/messages`, { text: 'Mention the weather in Lisbon.' });
        else if (wish < 0.013) await this.api.cancel(id);
      } else {
        run.isOver = isAtRest(pipeline);
      }
    }
  }

  /** Where the answer is cut off, the same request is sent again with the same key. */
  async begin() {
    this.wanted ??= { repository: this.repositoryToUse(), chain: CHAINS[Math.floor(this.draw() * CHAINS.length)], key: `soak-${this.seed}-${this.runs.size}` };
    const { repository, chain, key } = this.wanted;
    const request = { description: 'Write a note.', repo: repository.path, budget: PLENTY, ...chain };
    const answer = await this.api.post('/api/v1/pipelines', request, { 'idempotency-key': key });
    if (![200, 201].includes(answer.status)) throw new Error(`no run could be begun: ${answer.text}`);
    if (this.runs.has(answer.body.id)) this.begunTwice.push(answer.body.id);
    this.runs.set(answer.body.id, { repository, isOver: false });
    this.wanted = undefined;
  }

  /** Two runs share one, so that they meet in it. */
  repositoryToUse() {
    this.repositories ??= [];
    const index = Math.floor(this.runs.size / 2);
    this.repositories[index] ??= Repository.withHistory(join(this.directory, `repository-${index + 1}`)).remember();
    return this.repositories[index];
  }

  /** What was told once must be told for ever. */
  async remember(id) {
    for (const { id: seq, event_type: type } of (await this.api.get(`/api/v1/pipelines/${id}/audit?limit=50`)).items) {
      this.acknowledged.set(seq, `${id} ${type}`);
    }
  }

  open() {
    return [...this.runs.values()].filter(({ isOver }) => !isOver);
  }

  told() {
    const told = this.open().filter(({ pipeline }) => pipeline).map(({ pipeline }) => `${pipeline.id} ${pipeline.status} (${attemptsOf(pipeline).map(({ status }) => status[0]).join('')})`);
    return told.join(', ') || 'nothing under way';
  }

  async judge() {
    const faults = this.begunTwice.map((id) => `two requests with keys of their own were answered with pipeline ${id}`);
    const listed = (await this.api.all('/api/v1/pipelines?limit=100')).map(({ id }) => id);
    faults.push(...listed.filter((id) => !this.runs.has(id)).map((id) => `pipeline ${id} was begun by nobody, or twice`));
    const kept = new Map();
    const counts = {};
    for (const [id, { repository }] of this.runs) {
      const pipeline = await this.api.pipeline(id);
      counts[pipeline.status] = (counts[pipeline.status] ?? 0) + 1;
      for (const { status } of attemptsOf(pipeline)) counts[`attempts ${status}`] = (counts[`attempts ${status}`] ?? 0) + 1;
      faults.push(...(await faultsOf(this.api, pipeline, repository, join(this.server.dataDir, 'worktrees'))));
      for (const { id: seq, event_type: type } of await this.api.audit(id)) kept.set(seq, `${id} ${type}`);
    }
    for (const [seq, what] of this.acknowledged) if (kept.get(seq) !== what) faults.push(`event ${seq} (${what}) was told, and is ${kept.get(seq) ?? 'gone'}`);
    await this.server.stop();
    await this.server.expectNoProcesses().catch((error) => faults.push(error.message));
    for (const repository of this.repositories ?? []) {
      faults.push(...repositoryFaults(repository));
      try {
        repository.expectUntouched();
      } catch (error) {
        faults.push(error.message);
      }
    }
    return { faults, counts };
  }

  say(text) {
    process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
  }

  async close(keep) {
    if (this.server.isRunning) await this.server.kill();
    for (const pid of this.server.marked()) process.kill(pid, 'SIGKILL');
    await this.model.stop();
    if (keep) this.say(`everything is kept in ${this.directory}`);
    else rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, pipelines: { type: 'string', default: '3' }, keep: { type: 'boolean', default: false } },
});
const minutes = Number(positionals[0] ?? 5);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
if (!(minutes > 0) || !Number.isInteger(seed) || !(Number(values.pipelines) > 0)) {
  console.error('Use: node e2e/soak.mjs [MINUTES] [--seed N] [--pipelines N] [--keep]');
  process.exit(2);
}
expectBinaries();
const soak = await Soak.prepare({ minutes, seed, pipelines: Number(values.pipelines) });
soak.say(`seed ${seed}, ${minutes} minutes, ${soak.pipelines} pipelines at once`);
let failed = true;
try {
  const { faults, counts } = await soak.run();
  failed = faults.length > 0;
  for (const fault of faults) soak.say(`FAULT ${fault}`);
  const slowest = Math.max(...soak.startMs).toFixed(0);
  soak.say(`${soak.kills} kills, ${soak.runs.size} pipelines, ${JSON.stringify(counts)}, ${soak.acknowledged.size} events acknowledged, slowest start ${slowest} ms`);
  soak.say(failed ? `${faults.length} faults; again with --seed ${seed}` : 'nothing was lost, nothing was left, nothing ran twice unseen');
} catch (error) {
  soak.say(`the soak itself broke with seed ${seed}: ${error.stack}`);
  process.stdout.write(`${soak.server.report()}\n`);
} finally {
  await soak.close(values.keep || failed);
}
process.exit(failed ? 1 : 0);
