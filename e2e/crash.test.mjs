// kill -9, of the server and of OpenCode: what was running ends the same way, visibly, and nothing is left behind.

import assert from 'node:assert/strict';
import { attemptsOf, stepOf } from './lib/api.mjs';
import { settled } from './lib/events.mjs';
import { scenario } from './lib/scenario.mjs';
import { NOTE_FILE } from './lib/scripts.mjs';
import { until } from './lib/waiting.mjs';

const statuses = (pipeline, agent) => stepOf(pipeline, agent).attempts.map(({ status }) => status);

scenario('kill -9 of the server in the developer’s step ends the same way after a restart', async ({ api, server, quickFix, openGate, events, repositories }) => {
  const { id } = await quickFix({ models: { developer: 'mock/gated' } });
  const reader = await events('?after=0');
  const interrupted = await api.atWork(id, 'developer');
  const orphans = server.marked(id);
  assert.ok(orphans.length >= 2, 'OpenCode and its command');
  await server.kill();
  await reader.close();
  openGate();
  await server.start();
  const pipeline = await api.ended(id);
  const [first, second] = stepOf(pipeline, 'developer').attempts;
  assert.deepEqual([first.id, first.status], [interrupted.id, 'interrupted'], 'what was lost stays visible');
  assert.equal(second.status, 'succeeded');
  assert.equal(second.base_commit, first.base_commit, 'the new attempt begins where the lost one began');
  const [repo] = repositories;
  assert.equal(repo.commits(pipeline.branch, pipeline.base_commit).length, 1);
  assert.ok(repo.show(pipeline.branch, NOTE_FILE));
  assert.deepEqual(orphans.filter((pid) => server.marked(id).includes(pid)), [], 'the processes of the life before are gone');
  await server.expectNoProcesses(id);
  const types = (await api.audit(id)).map(({ event_type }) => event_type);
  assert.ok(types.includes('attempt_interrupted'), `${types}`);

  const after = await events(`?after=${reader.last}`);
  await after.when('that the run succeeded', ({ type, status }) => type === 'pipeline_updated' && status === 'succeeded');
  const whole = await events('?after=0');
  await whole.when('of the end', ({ seq }) => seq === after.last);
  const joined = settled([...reader.durable, ...after.durable]).map(({ seq }) => seq);
  assert.deepEqual(joined, whole.durable.map(({ seq }) => seq), 'a reader that comes back has missed nothing and hears nothing twice');
});

scenario('kill -9 of the server in the review ends the same way', async ({ api, server, quickFix, repositories }) => {
  const { id } = await quickFix({ models: { developer: 'mock/slow-text', 'senior-reviewer': 'mock/slow-once' } });
  const running = await api.when(id, 'a review that runs', (pipeline) => stepOf(pipeline, 'senior-reviewer').attempts.at(-1)?.status === 'running');
  // A kill before the model is asked would leave its one slow answer to the attempt after it.
  await until('the reviewer to speak', async () => (await api.transcript(id, `&attempt=${stepOf(running, 'senior-reviewer').attempts.at(-1).id}`)).length > 0);
  await server.kill();
  await server.start();
  const pipeline = await api.ended(id);
  assert.deepEqual(statuses(pipeline, 'developer'), ['succeeded'], 'what was done is not done again');
  assert.deepEqual(statuses(pipeline, 'senior-reviewer'), ['interrupted', 'succeeded']);
  assert.equal(repositories[0].commits(pipeline.branch, pipeline.base_commit).length, 1);
});

scenario('a gate survives kill -9 as it was', async ({ api, server, gatedPlan }) => {
  const { id } = await gatedPlan();
  const before = await api.gate(id);
  await server.kill();
  await server.start();
  const after = await api.gate(id);
  assert.deepEqual(after, before);
  assert.deepEqual(server.marked(id), [], 'nothing runs while a person thinks');
  assert.equal((await api.decide(after.id, { decision: 'approve', digest: before.digest })).status, 200);
  const pipeline = await api.ended(id);
  assert.equal(attemptsOf(pipeline).length, 2);
});

scenario('kill -9 of OpenCode is a failed attempt with its reason, and another one', async ({ api, server, quickFix, openGate }) => {
  const { id } = await quickFix({ models: { developer: 'mock/gated' } });
  await api.atWork(id, 'developer');
  const [{ pid }] = (await api.get('/api/v1/opencode')).running;
  const orphans = server.marked(id).filter((each) => each !== pid);
  process.kill(pid, 'SIGKILL');
  openGate();
  const pipeline = await api.ended(id);
  const [lost, second] = stepOf(pipeline, 'developer').attempts;
  assert.equal(lost.status, 'failed');
  assert.equal(lost.failure.class, 'opencode_lost');
  assert.ok(lost.failure.message && lost.failure.hint);
  assert.equal(second.status, 'succeeded');
  assert.deepEqual(orphans.filter((each) => server.marked(id).includes(each)), [], 'its command was ended too');
});

scenario('SIGTERM stops in time, leaves nothing behind, and the run goes on after a restart', async ({ api, server, quickFix, openGate, events }) => {
  const { id } = await quickFix({ models: { developer: 'mock/gated' } });
  const reader = await events();
  await api.atWork(id, 'developer');
  const { code, signal, ms } = await server.stop();
  assert.deepEqual([code, signal], [0, null], server.child.tail());
  assert.ok(ms < 10_000, `it took ${ms} ms`);
  assert.deepEqual(server.marked(), []);
  assert.ok(reader.ofType('closing').length <= 1);
  openGate();
  await server.start();
  const pipeline = await api.ended(id);
  assert.deepEqual(statuses(pipeline, 'developer'), ['interrupted', 'succeeded']);
});

scenario('two servers cannot share a data directory', async ({ server }) => {
  const second = await server.cli(['serve'], { env: { ...server.environment, AGENCY_SERVER__PORT: '0' }, timeout: 10_000 });
  assert.ok(second.code > 0, `it ended with ${second.code} ${second.signal}`);
  assert.match(second.output, /data/i);
  assert.ok(await server.isHealthy(), 'the first one goes on');
});
