// What happens around a run, not in it: a worktree that goes, a branch that moves, a lock that stays, a disk that fills, a database that
// somebody holds, two people at once. Each time the run says what is wrong and what to do, and goes on once that is done.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultsOf, repositoryFaults } from './lib/aftermath.mjs';
import { attemptsOf, expectProblem, told } from './lib/api.mjs';
import { lockDatabase } from './lib/database.mjs';
import { Disk } from './lib/disk.mjs';
import { Child } from './lib/processes.mjs';
import { scenario } from './lib/scenario.mjs';
import { until } from './lib/waiting.mjs';

const REVIEW = { agent: 'senior-reviewer', on_changes_requested: { back_to: 'developer', max_rounds: 3 } };
const GATED = [{ agent: 'developer' }, { approval: 'Go on?' }, REVIEW];
const paused = ({ status }) => status === 'paused';

const worktreesOf = (server) => join(server.dataDir, 'worktrees');
const worktreeOf = (server, id) => join(worktreesOf(server), readdirSync(worktreesOf(server)).find((name) => name.startsWith(`${id}-`)));

/** Nothing is left undone: the run succeeded, and state, log, branch and worktree agree. */
async function expectWhole({ api, server }, id, repository) {
  const pipeline = await api.ended(id);
  assert.deepEqual([...(await faultsOf(api, pipeline, repository, worktreesOf(server))), ...repositoryFaults(repository)], []);
  return pipeline;
}

/** What a text tells a person to run: everything between back-ticks. */
const commandsOf = ({ hint }) => [...hint.matchAll(/`([^`]+)`/g)].map(([, command]) => command);

/** Does what the text of a failed run says, to the letter, and retries. */
async function repairAsTold({ api, server }, id) {
  const { status_reason: reason } = await api.ended(id, 'failed');
  assert.equal(reason.code, 'git_error', JSON.stringify(reason));
  const commands = commandsOf(reason);
  assert.ok(commands.length > 0, `it says nothing that can be done: ${JSON.stringify(reason)}`);
  for (const command of commands) execFileSync('sh', ['-c', command], { env: server.environment, stdio: 'pipe' });
  await api.expect(202, `/api/v1/pipelines/${id}/retry`, {});
  return reason;
}

/** A run that waits at a gate behind a developer's commit, which its reviewer will approve. */
async function atGate(world) {
  const repository = world.repository();
  const { id, branch } = await world.api.create({ description: 'Write a note.', repo: repository.path, steps: GATED, model: 'mock/check-first' });
  const gate = await world.api.gate(id);
  return { id, branch, repository, worktree: worktreeOf(world.server, id), approve: () => world.api.decide(gate.id, { decision: 'approve', digest: gate.digest }) };
}

scenario('a worktree that is removed at a gate is made again once its rest is cleared away as the run says', async (world) => {
  const { id, repository, worktree, approve } = await atGate(world);
  rmSync(worktree, { recursive: true });
  assert.equal((await approve()).status, 200);
  const reason = await repairAsTold(world, id);
  assert.ok(reason.message.includes(worktree), reason.message);
  await expectWhole(world, id, repository);
});

scenario('what is no worktree any more is put aside as the run says, and a branch that is gone is made again', async (world) => {
  const spoil = [
    ({ worktree }) => rmSync(join(worktree, '.git')),
    ({ repository, branch }) => repository.git('update-ref', '-d', `refs/heads/${branch}`),
  ];
  for (const [index, how] of spoil.entries()) {
    const run = await atGate(world);
    how(run);
    assert.equal((await run.approve()).status, 200);
    const reason = await repairAsTold(world, run.id);
    assert.ok(reason.message.includes([run.worktree, run.branch][index]), reason.message);
    await expectWhole(world, run.id, run.repository);
    rmSync(`${run.worktree}.aside`, { recursive: true, force: true });
  }
});

scenario('a worktree that is removed is made again for an earlier step too, and the work since is kept', async (world) => {
  const { api } = world;
  const { id, branch, repository, worktree, approve } = await atGate(world);
  const before = repository.head(branch);
  rmSync(worktree, { recursive: true });
  assert.equal((await approve()).status, 200);
  const failed = await api.ended(id, 'failed');
  for (const command of commandsOf(failed.status_reason)) execFileSync('sh', ['-c', command], { env: world.server.environment });
  await api.expect(202, `/api/v1/pipelines/${id}/retry`, { step_id: failed.steps[0].id });
  const gate = await api.gate(id);
  assert.equal(repository.commits(branch, failed.base_commit).length, 1);
  assert.ok(repository.git('for-each-ref', '--contains', before, 'refs/agency').length > 0, 'what was done before is kept');
  await api.decide(gate.id, { decision: 'approve', digest: gate.digest });
  await api.ended(id);
});

scenario('a branch that somebody moves while a run is paused is not built upon, and goes back as the run says', async (world) => {
  const { api, server, quickFix, openGate } = world;
  const { id, branch } = await quickFix({ models: { developer: 'mock/gated' } });
  const [repository] = world.repositories;
  await api.atWork(id, 'developer');
  await api.expect(202, `/api/v1/pipelines/${id}/pause`, {});
  openGate();
  const { head_commit: head } = await api.when(id, 'a pause', paused);
  const moved = repository.git('commit-tree', '-p', head, '-m', 'Not ours', `${head}^{tree}`);
  repository.git('update-ref', `refs/heads/${branch}`, moved);
  await api.expect(202, `/api/v1/pipelines/${id}/resume`, {});
  const reason = await repairAsTold(world, id);
  for (const part of [branch, head.slice(0, 10), moved.slice(0, 10)]) assert.ok(reason.message.includes(part), reason.message);
  const pipeline = await expectWhole(world, id, repository);
  assert.ok(!repository.commits(branch, pipeline.base_commit).some(({ id: commit }) => commit === moved));
  assert.ok(worktreeOf(server, id));
});

scenario('files that somebody changes while a run is paused are named, and the run goes on once they are put away', async (world) => {
  const { api, server, quickFix, openGate } = world;
  const { id } = await quickFix({ models: { developer: 'mock/gated' } });
  const [repository] = world.repositories;
  await api.atWork(id, 'developer');
  await api.expect(202, `/api/v1/pipelines/${id}/pause`, {});
  openGate();
  await api.when(id, 'a pause', paused);
  writeFileSync(join(worktreeOf(server, id), 'theirs.txt'), 'Not ours.\n');
  await api.expect(202, `/api/v1/pipelines/${id}/resume`, {});
  const reason = await repairAsTold(world, id);
  assert.ok(reason.message.includes('theirs.txt'), reason.message);
  await expectWhole(world, id, repository);
  assert.ok(repository.git('stash', 'show', '--include-untracked', '--name-only').includes('theirs.txt'), 'nothing of theirs is lost');
  repository.git('stash', 'drop');
});

const STEPS_WRITING = [{ agent: 'architect' }, { approval: 'Go on?' }, { agent: 'developer' }];

/** A run that waits at a gate before its developer, and the lock of its worktree's index. */
async function beforeWriting(world) {
  const repository = world.repository();
  const { id } = await world.api.create({ description: 'Write a note.', repo: repository.path, steps: STEPS_WRITING });
  const gate = await world.api.gate(id);
  const worktree = worktreeOf(world.server, id);
  const lock = join(repository.git('-C', worktree, 'rev-parse', '--absolute-git-dir'), 'index.lock');
  return { id, repository, worktree, lock, approve: () => world.api.decide(gate.id, { decision: 'approve', digest: gate.digest }) };
}

scenario('a lock that a dead git left is removed without anybody’s help', async (world) => {
  const { id, repository, lock, approve } = await beforeWriting(world);
  writeFileSync(lock, '');
  assert.equal((await approve()).status, 200);
  await expectWhole(world, id, repository);
  assert.ok(!existsSync(lock));
});

scenario('a lock that a living git holds is named, and the run goes on once that has ended', async (world) => {
  const { api } = world;
  const { id, repository, worktree, lock, approve } = await beforeWriting(world);
  writeFileSync(lock, '');
  const holder = new Child('git', ['cat-file', '--batch'], { cwd: worktree, stdio: ['pipe', 'pipe', 'pipe'] });
  try {
    assert.equal((await approve()).status, 200);
    const { status_reason: reason } = await api.ended(id, 'failed');
    assert.ok(reason.message.includes(lock), JSON.stringify(reason));
    assert.match(`${reason.message} ${reason.hint}`, new RegExp(`process ${holder.pid}\\b`));
  } finally {
    await holder.kill();
  }
  await api.expect(202, `/api/v1/pipelines/${id}/retry`, {});
  await expectWhole(world, id, repository);
});

const LONG = 'A request with many words. '.repeat(7_000);

/** Runs `body` with a small disk at `path`, which its server begins on. */
async function onSmallDisk({ server }, path, kind, body) {
  const disk = Disk.make(path, server, kind);
  try {
    await server.start();
    await body(disk);
    await server.stop();
  } finally {
    if (server.isRunning) await server.kill();
    disk.close();
  }
}

/** What SQLite says of a disk that takes no more. */
const FULL = /disk is full|disk I\/O error/;

scenario('a full disk under the database refuses writes, answers reads, and the run goes on when there is room', { start: false }, async (world) => {
  const { api, server, quickFix, openGate, repository, events } = world;
  const place = world.place('disk');
  server.environment.AGENCY_DATABASE__URL = `sqlite://${join(place, 'agency.db')}`;
  await onSmallDisk(world, place, { writer: 'server' }, async (disk) => {
    const { id } = await quickFix({ models: { developer: 'mock/gated' } });
    await api.atWork(id, 'developer');
    const stream = await events();
    disk.fill();
    const request = { description: LONG, repo: repository().path, template: 'quick_fix' };
    const create = () => api.post('/api/v1/pipelines', request, { 'idempotency-key': 'when-there-is-room' });
    const refused = await create();
    const { detail } = expectProblem(refused, 503, 'database_unavailable');
    assert.ok(refused.headers.get('retry-after'));
    assert.match(detail, /free space/);
    assert.equal((await api.pipeline(id)).status, 'running', 'reads go on');
    const heard = stream.heartbeats.length;
    await until('the stream to go on', () => stream.heartbeats.length > heard);
    const failures = () => server.child.output.split('\n').filter((line) => FULL.test(line) && !/"target":"agency_server/.test(line)).length;
    const before = failures();
    openGate();
    await until('the run to meet the full disk', () => failures() > before);
    disk.free();
    const later = await create();
    assert.equal(later.status, 201, later.text);
    await expectWhole(world, id, world.repositories[0]);
    await expectWhole(world, later.body.id, world.repositories[1]);
    await stream.close();
  });
});

scenario('a full disk under the worktrees ends a run with what to do, and a retry goes on when there is room', { start: false }, async (world) => {
  const { api, server, quickFix } = world;
  await onSmallDisk(world, worktreesOf(server), { writer: 'git', blocks: 1 }, async (disk) => {
    const { path: repo } = world.repository((repository) => (repository.write('large.txt', LONG), repository.commit('Grow')));
    disk.fill();
    const { id } = await quickFix({ repo });
    const { status_reason: reason } = await api.ended(id, 'failed');
    // Of a file that does not fit whole, git does not say why.
    assert.match(reason.message, /(No space left|File too large).*make room|unable to write file/, JSON.stringify(reason));
    assert.match(reason.hint, /retry/);
    disk.free();
    await api.expect(202, `/api/v1/pipelines/${id}/retry`, {});
    await expectWhole(world, id, world.repositories[0]);
  });
});

scenario('a full disk under the repository ends the step with what to do, and a retry goes on when there is room', { start: false }, async (world) => {
  const { api } = world;
  await onSmallDisk(world, join(world.directory, 'repository-1'), { writer: 'git' }, async (disk) => {
    const { id, repository, approve } = await beforeWriting(world);
    disk.fill();
    assert.equal((await approve()).status, 200);
    const { status_reason: reason } = await api.ended(id, 'failed');
    assert.match(reason.message, /(No space left|File too large).*make room/, JSON.stringify(reason));
    assert.match(reason.hint, /retry the step/);
    disk.free();
    await api.expect(202, `/api/v1/pipelines/${id}/retry`, {});
    await expectWhole(world, id, repository);
    repository.expectUntouched();
    // It goes with its disk.
    world.repositories.length = 0;
  });
});

scenario('a database that another program holds makes writes wait, then refuses them, and nothing is lost', async (world) => {
  const { api, server, quickFix, openGate, repository } = world;
  const { id } = await quickFix({ models: { developer: 'mock/gated' } });
  await api.atWork(id, 'developer');
  const path = join(server.dataDir, 'agency.db');
  const request = { description: 'Another note.', repo: repository().path, template: 'quick_fix' };
  const create = () => api.post('/api/v1/pipelines', request, { 'idempotency-key': 'one' });

  const longer = await lockDatabase(path);
  const began = performance.now();
  const refused = await create();
  expectProblem(refused, 503, 'database_unavailable');
  const waited = performance.now() - began;
  assert.ok(waited > 3_000 && waited < 14_000, `it waited ${waited} ms`);
  assert.equal((await api.pipeline(id)).status, 'running', 'reads go on');
  openGate();
  await longer.kill();
  const made = await create();
  assert.equal(made.status, 201, made.text);

  const shorter = await lockDatabase(path);
  const waiting = api.post(`/api/v1/pipelines/${made.body.id}/messages`, { text: 'While it was locked.' });
  await api.get('/api/v1/pipelines');
  await shorter.kill();
  assert.equal((await waiting).status, 202, 'a write that waits for less than the limit is done');
  await expectWhole(world, id, world.repositories[0]);
  const second = await expectWhole(world, made.body.id, world.repositories[1]);
  assert.deepEqual(second.messages.map(({ text }) => text), ['While it was locked.']);
  assert.equal((await api.get('/api/v1/pipelines')).items.length, 2, 'no request was carried out twice');
});

const ASKING = { description: 'Write a note.', steps: [{ agent: 'developer', permissions: { question: 'ask' } }], model: 'mock/asking' };
const open = ({ requests }) => requests.some(({ answer }) => answer === null);

scenario('a question is answered from outside, and the model is told the answer', async (world) => {
  const { api, repository, model, events } = world;
  const repo = repository();
  const stream = await events();
  const { id } = await api.create({ ...ASKING, repo: repo.path });
  const { requests: [request] } = await api.when(id, 'a question', open);
  assert.deepEqual([request.kind, request.subject, request.patterns], ['question', 'Which colour?', ['Red', 'Blue']]);
  await api.expect(202, `/api/v1/requests/${request.id}/answer`, { allow: true, message: 'Ultramarine', answered_by: 'kim' });
  const pipeline = await expectWhole(world, id, repo);
  const { answer } = pipeline.requests[0];
  assert.deepEqual([answer.allowed, answer.source, answer.by, answer.message], [true, 'person', 'kim', 'Ultramarine']);
  assert.ok(model.requests().some((asked) => JSON.stringify(asked).includes('Ultramarine')), 'the model was asked with it');
  await until('the stream to tell of it', () => stream.ofType('permission_answered').length > 0);
});

scenario('a question that nobody answers is denied at its deadline, and the run ends in a state that says so', { environment: { AGENCY_ENGINE__ASK_DEADLINE: '3s' } }, async (world) => {
  const { api, repository, server } = world;
  const repo = repository();
  const { id } = await api.create({ ...ASKING, repo: repo.path });
  const { requests: [request] } = await api.when(id, 'a question', open);
  const answered = await api.when(id, 'an answer', (pipeline) => !open(pipeline));
  assert.deepEqual([answered.requests[0].answer.allowed, answered.requests[0].answer.source], [false, 'deadline']);
  expectProblem(await api.post(`/api/v1/requests/${request.id}/answer`, { allow: true, message: 'Red' }), 409, 'request_answered');
  const pipeline = await api.when(id, 'an end', ({ status }) => ['succeeded', 'failed', 'paused'].includes(status));
  const ends = pipeline.status === 'succeeded' || (pipeline.status_reason?.message && pipeline.status_reason?.hint);
  assert.ok(ends, told(pipeline));
  await server.expectNoProcesses(id);
});

scenario('of two people who decide at once one wins, and the other hears who and what', async (world) => {
  const { api, gatedPlan } = world;
  const { id } = await gatedPlan();
  const gate = await api.gate(id);
  const decisions = [{ decision: 'approve', decided_by: 'kim' }, { decision: 'reject', comment: 'No.', decided_by: 'robin' }];
  const answers = await Promise.all(decisions.map((decision) => api.decide(gate.id, { ...decision, digest: gate.digest })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  const won = answers.find(({ status }) => status === 200).body;
  const lost = expectProblem(answers.find(({ status }) => status === 409), 409, 'approval_decided');
  assert.ok(lost.detail.includes(won.decided_by) && lost.detail.includes(won.status), lost.detail);
  if (won.status === 'approved') await expectWhole(world, id, world.repositories[0]);
  else assert.equal((await api.ended(id, 'failed')).status_reason.code, 'rejected');
});

scenario('an approval and a cancellation at once leave one story', async (world) => {
  const { api, gatedPlan, server } = world;
  for (let round = 0; round < 4; round += 1) {
    const { id } = await gatedPlan();
    const gate = await api.gate(id);
    const approve = () => api.decide(gate.id, { decision: 'approve', decided_by: 'kim', digest: gate.digest });
    const race = round % 2 === 0 ? [approve(), api.cancel(id)] : [api.cancel(id), approve()].reverse();
    const [approved, cancelled] = await Promise.all(race);
    assert.equal(cancelled.status, 202, cancelled.text);
    const pipeline = await api.ended(id, 'cancelled');
    if (approved.status === 200) {
      assert.equal(pipeline.approvals[0].status, 'approved');
    } else {
      const lost = expectProblem(approved, 409, 'state_conflict');
      assert.match(lost.detail, /is cancelled/, lost.detail);
      assert.equal(pipeline.approvals[0].status, 'withdrawn');
    }
    await server.expectNoProcesses(id);
    assert.ok(attemptsOf(pipeline).every(({ status }) => ['succeeded', 'cancelled'].includes(status)), told(pipeline));
    assert.deepEqual(await faultsOf(api, pipeline, world.repositories.at(-1), worktreesOf(server)), []);
  }
});

scenario('a second server on one data directory says which process holds it, and the first goes on', async ({ api, server, quickFix }) => {
  const { id } = await quickFix();
  const second = await server.cli(['serve'], { env: { ...server.environment, AGENCY_SERVER__PORT: '0' }, timeout: 10_000 });
  assert.ok(second.code > 0, `it ended with ${second.code} ${second.signal}`);
  assert.match(second.output, new RegExp(`process ${server.child.pid} at 127\\.0\\.0\\.1:${server.port}\\b`));
  assert.match(second.output, /AGENCY_DATA_DIR/);
  await api.ended(id);
});
