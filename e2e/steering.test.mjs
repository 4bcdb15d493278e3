// Steering a run: budgets, pauses, messages, permissions, retries and forks, through HTTP, with the real OpenCode.

import assert from 'node:assert/strict';
import { attemptsOf, expectProblem, stepOf } from './lib/api.mjs';
import { scenario } from './lib/scenario.mjs';
import { NOTE_FILE } from './lib/scripts.mjs';
import { until } from './lib/waiting.mjs';

const REVIEW = { agent: 'senior-reviewer', on_changes_requested: { back_to: 'developer', max_rounds: 3 } };
const paused = (code) => ({ status, status_reason }) => status === 'paused' && status_reason.code === code;
const statuses = (pipeline) => attemptsOf(pipeline).map(({ agent, status }) => `${agent} ${status}`);

scenario('a budget stops a run in the middle of an attempt, and one call raises it and goes on', async ({ api, quickFix, repositories }) => {
  const { id, base_commit } = await quickFix({ budget: { tokens: 150 } });
  const stopped = await api.when(id, 'a pause for its budget', paused('budget'));
  assert.match(stopped.status_reason.message, /tokens/);
  assert.ok(stopped.status_reason.hint);
  assert.ok(stopped.spent.tokens >= 150);
  assert.equal(attemptsOf(stopped).at(-1).failure.class, 'budget');
  expectProblem(await api.post(`/api/v1/pipelines/${id}/resume`), 400, 'invalid_input', ['budget']);
  await api.expect(202, `/api/v1/pipelines/${id}/resume`, { budget: { tokens: 1_000_000 } });
  const pipeline = await api.ended(id);
  assert.equal(pipeline.budget.tokens, 1_000_000);
  assert.equal(repositories[0].commits(pipeline.branch, base_commit).length, 2);
});

scenario('a pause waits for the attempt, and one at once interrupts it', async ({ api, quickFix, openGate }) => {
  const { id } = await quickFix({ models: { developer: 'mock/gated' } });
  await api.atWork(id, 'developer');
  const asked = await api.expect(202, `/api/v1/pipelines/${id}/pause`, {});
  assert.equal(asked.status, 'running');
  assert.ok(asked.pause_requested);
  openGate();
  const waiting = await api.when(id, 'a pause', paused('by_user'));
  assert.deepEqual(statuses(waiting), ['developer succeeded']);
  await api.expect(202, `/api/v1/pipelines/${id}/resume`, {});
  await api.ended(id);
  expectProblem(await api.post(`/api/v1/pipelines/${id}/pause`), 409, 'state_conflict');
});

scenario('a pause at once leaves no process, and the step is attempted again', async ({ api, quickFix, openGate, server }) => {
  const { id } = await quickFix({ models: { developer: 'mock/gated' } });
  await api.atWork(id, 'developer');
  const now = await api.expect(202, `/api/v1/pipelines/${id}/pause`, { now: true });
  assert.equal(now.status, 'paused');
  assert.deepEqual(statuses(now), ['developer interrupted']);
  await until('its processes to end', () => server.marked().length === 0);
  openGate();
  await api.expect(202, `/api/v1/pipelines/${id}/resume`, {});
  const pipeline = await api.ended(id);
  assert.equal(statuses(pipeline)[0], 'developer interrupted');
});

scenario('a message reaches the running agent, and the run goes on', async ({ api, quickFix, openGate, model }) => {
  const { id } = await quickFix({ models: { developer: 'mock/gated' } });
  const attempt = await api.atWork(id, 'developer');
  expectProblem(await api.post(`/api/v1/pipelines/${id}/messages`, { text: ' ' }), 400, 'invalid_input', ['text']);
  await api.expect(202, `/api/v1/pipelines/${id}/messages`, { text: 'Mention the weather in Lisbon.' });
  const told = await api.when(id, 'the message as delivered', ({ messages }) => messages[0]?.delivered_in === attempt.id);
  assert.equal(told.messages[0].text, 'Mention the weather in Lisbon.');
  openGate();
  await api.ended(id);
  assert.ok(model.requests().some((request) => JSON.stringify(request).includes('weather in Lisbon')), 'the model was asked with it');
});

scenario('a hand-off that is silent about what a person asked for is asked for once more, and shows it if it stays silent', async ({ api, repository }) => {
  for (const [model, isSilent] of [['silent-once', false], ['silent', true]]) {
    const steps = [{ agent: 'architect' }, { approval: 'Is this the plan?' }];
    const { id } = await api.create({ description: 'Plan a note.', repo: repository().path, steps, model: `mock/${model}` });
    const gate = await api.gate(id);
    assert.equal((await api.decide(gate.id, { decision: 'request_changes', comment: 'Shorter.', digest: gate.digest })).status, 200);
    const again = await api.when(id, 'another gate', ({ approvals }) => approvals.some(({ id, status }) => id !== gate.id && status === 'pending'));
    const [first, second] = stepOf(again, 'architect').attempts;
    assert.deepEqual(first.handoff.unacknowledged, [], 'nobody had said anything yet');
    assert.deepEqual(second.handoff.unacknowledged, isSilent ? [`A-${gate.id}`] : []);
    const { prompt, ids } = await api.receipt(second.id);
    assert.ok(prompt.includes(`A-${gate.id}`) && ids.includes(`A-${gate.id}`));
    await api.cancel(id);
  }
});

scenario('a permission that policy leaves open is asked for, and answered from outside', async ({ api, repository, events }) => {
  const steps = [{ agent: 'developer', permissions: { bash: { '*': 'ask' } } }];
  const stream = await events();
  for (const [allow, outcome] of [[true, 'done'], [false, 'error']]) {
    const repo = repository();
    const { id } = await api.create({ description: 'Write a note.', repo: repo.path, steps, model: 'mock/gated' });
    const asking = await api.when(id, 'a request', ({ requests }) => requests.some(({ answer }) => answer === null));
    const [request] = asking.requests;
    assert.deepEqual([request.kind, request.subject], ['permission', 'bash']);
    assert.ok(request.patterns.length > 0 && request.deadline > request.asked_at);
    const inbox = await api.get('/api/v1/requests');
    assert.ok(inbox.items.some((item) => item.id === request.id));
    await api.expect(202, `/api/v1/requests/${request.id}/answer`, { allow, message: allow ? undefined : 'Not here.', answered_by: 'kim' });
    expectProblem(await api.post(`/api/v1/requests/${request.id}/answer`, { allow: true }), 409, 'request_answered');
    if (!allow) {
      const pipeline = await api.ended(id);
      const parts = await api.transcript(id, `&attempt=${attemptsOf(pipeline)[0].id}`);
      assert.ok(parts.some(({ kind, state, output }) => kind === 'tool' && state === outcome && /Not here\./.test(output)), JSON.stringify(parts));
    } else {
      await api.atWork(id, 'developer');
      await api.cancel(id);
    }
  }
  await until('the stream to tell of it', () => stream.ofType('permission_asked').length >= 2 && stream.ofType('permission_answered').length >= 2);
});

scenario('what is allowed from now on is not asked for in later steps', async ({ api, repository, openGate }) => {
  const step = { agent: 'developer', permissions: { bash: { '*': 'ask' } } };
  const { id } = await api.create({ description: 'Write a note.', repo: repository().path, steps: [step, step], model: 'mock/gated' });
  const asking = await api.when(id, 'a request', ({ requests }) => requests.some(({ answer }) => answer === null));
  const [request] = asking.requests;
  // OpenCode names the commands of the line, and what it would remember of each.
  assert.ok(request.suggested.length > 0 && request.suggested.includes('echo *'), JSON.stringify(request.suggested));
  await api.expect(202, `/api/v1/requests/${request.id}/answer`, { allow: true, scope: 'pipeline', answered_by: 'kim' });
  openGate();
  const pipeline = await api.ended(id);
  assert.equal(pipeline.status, 'succeeded');
  assert.deepEqual(pipeline.requests.map(({ answer }) => answer.grant.patterns), [request.suggested]);
  const parts = await api.transcript(id, `&attempt=${attemptsOf(pipeline)[1].id}`);
  assert.ok(parts.some(({ kind, text }) => kind === 'notice' && text.startsWith(`Allowed, as kim said in request ${request.id}: bash echo at the gate`)), JSON.stringify(parts));
  expectProblem(await api.post(`/api/v1/requests/${request.id}/revoke`, {}), 409, 'state_conflict');
});

scenario('a failed check goes back to the developer with its output, and passes then', async ({ api, repository }) => {
  const steps = [{ agent: 'developer' }, { check: `grep -q settled ${NOTE_FILE} || { echo "not settled yet"; exit 3; }`, timeout: '30s' }, REVIEW];
  const { id } = await api.create({ description: 'Write a note.', repo: repository().path, steps, model: 'mock/check-first' });
  const pipeline = await api.ended(id);
  const [first, second] = pipeline.steps[1].attempts;
  assert.equal(first.failure.class, 'check_failed');
  assert.deepEqual([first.checks[0].exit_code, first.checks[0].passed], [3, false]);
  assert.match(first.checks[0].tail, /not settled yet/);
  assert.deepEqual([second.status, second.checks[0].exit_code], ['succeeded', 0]);
  const fix = await api.receipt(pipeline.steps[0].attempts[1].id);
  assert.match(fix.prompt, /## Failed check[\s\S]*exited with 3[\s\S]*not settled yet/);
});

scenario('a review asks for changes twice and then approves, and the findings keep their ids', async ({ api, repository }) => {
  const { id } = await api.create({ description: 'Write a note.', repo: repository().path, steps: [{ agent: 'developer' }, REVIEW], model: 'mock/two-rounds' });
  const pipeline = await api.ended(id);
  assert.deepEqual(pipeline.findings.map(({ id, status, round }) => `${id} ${status} ${round}`), ['F-1 fixed 1', 'F-2 fixed 2']);
  const reviews = stepOf(pipeline, 'senior-reviewer').attempts;
  assert.deepEqual(reviews.map(({ verdict }) => verdict), ['changes_requested', 'changes_requested', 'approved']);
  assert.equal(pipeline.findings[1].raised_by_attempt, reviews[1].id);
  assert.equal(pipeline.findings[1].settled_by_attempt, reviews[2].id);
  const secondFix = await api.receipt(stepOf(pipeline, 'developer').attempts[2].id);
  const open = secondFix.prompt.split('## Open findings')[1].split('\n## ')[0];
  assert.ok(open.includes('F-2') && !open.includes('F-1'), open);
  assert.match((await api.receipt(reviews[1].id)).prompt, /## What changed since your last review/);
});

scenario('criteria are proven by what the engine knows, or a person takes them as met', async ({ api, repository }) => {
  const steps = [{ agent: 'product-owner' }, { agent: 'developer' }];
  const honest = await api.create({ description: 'Write a note.', repo: repository().path, steps: [...steps, REVIEW] });
  const proven = await api.ended(honest.id);
  assert.deepEqual(proven.criteria.map(({ id, status }) => `${id} ${status}`), ['AC-1 proven', 'AC-2 proven']);

  const words = await api.create({ description: 'Write a note. [[mock:developer=handoff]]', repo: repository().path, steps });
  const waiting = await api.when(words.id, 'a wait for a person', paused('needs_attention'));
  assert.match(waiting.status_reason.message, /AC-1, AC-2 are without evidence/);
  const accept = (criterion, body) => api.post(`/api/v1/pipelines/${words.id}/criteria/${criterion}/accept`, body);
  expectProblem(await accept('AC-1', { reason: '' }), 400, 'invalid_input', ['reason']);
  assert.equal((await accept('AC-1', { reason: 'I looked.' })).status, 202);
  assert.equal((await accept('AC-2', { reason: 'I looked.', by: 'kim' })).status, 202);
  const pipeline = await api.ended(words.id);
  assert.deepEqual(pipeline.criteria.map(({ status }) => status), ['accepted', 'accepted']);
});

scenario('a verdict that cannot be read waits for a person, who has it judged by another model', async ({ api, repository }) => {
  const request = { description: 'Write a note.', repo: repository().path, steps: [{ agent: 'developer' }, REVIEW], models: { 'senior-reviewer': 'mock/verdict_unreadable' } };
  const { id } = await api.create(request);
  const waiting = await api.when(id, 'a wait for a person', paused('needs_attention'));
  assert.ok(statuses(waiting).every((status) => status !== 'senior-reviewer succeeded'));
  const instruction = 'Look at the second line.';
  await api.expect(202, `/api/v1/pipelines/${id}/retry`, { model: 'mock/m1', instruction });
  const pipeline = await api.ended(id);
  const retried = stepOf(pipeline, 'senior-reviewer').attempts[1];
  assert.equal(retried.model, 'mock/m1');
  assert.ok((await api.receipt(retried.id)).prompt.includes(instruction));
});

scenario('a provider that refuses, breaks off or says nothing ends the step with its class', async ({ api, repository }) => {
  for (const [mock, failure, attempts] of [['drop_clean', 'provider_unavailable', 2], ['err429', 'provider_rate_limited', 2], ['hang_mid', 'stalled', 1], ['doom', 'agent_error', 1]]) {
    const steps = [{ agent: 'developer', retry: { attempts, pause: '1s' }, stall_after: '11s' }];
    const { id } = await api.create({ description: 'Write a note.', repo: repository().path, steps, model: `mock/${mock}` });
    const pipeline = await api.ended(id, 'failed');
    const found = attemptsOf(pipeline);
    assert.deepEqual(found.map((attempt) => attempt.failure.class), Array(attempts).fill(failure), mock);
    assert.ok(pipeline.status_reason.message && pipeline.status_reason.hint);
  }
});

scenario('a fork goes on from a finished step on a branch of its own', async ({ api, quickFix, repositories }) => {
  const { id } = await quickFix();
  const original = await api.ended(id);
  const [developer] = original.steps;
  const answer = await api.post(`/api/v1/pipelines/${id}/fork`, { after_step_id: developer.id, title: 'Judge it again', instruction: 'Be strict.' });
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.headers.get('location'), `/api/v1/pipelines/${answer.body.id}`);
  assert.deepEqual(answer.body.forked_from, { pipeline_id: id, step_id: developer.id });
  const fork = await api.ended(answer.body.id);
  assert.notEqual(fork.branch, original.branch);
  assert.equal(stepOf(fork, 'developer').attempts[0].copied_from, developer.attempts.at(-1).id);
  assert.equal(repositories[0].head(fork.branch), original.head_commit);
  assert.ok((await api.receipt(stepOf(fork, 'senior-reviewer').attempts[0].id)).prompt.includes('Be strict.'));
  expectProblem(await api.post(`/api/v1/pipelines/${id}/fork`, { after_step_id: 999_999 }), 409, 'state_conflict');
});

scenario('a clean-up says what would go, takes what is safe, and leaves the rest', async ({ api, quickFix, repositories }) => {
  const { id } = await quickFix();
  const pipeline = await api.ended(id);
  // Right after its end a run's processes are still being ended.
  const look = await until('the run to be over', async () => {
    const looked = await api.expect(200, '/api/v1/clean-up', { dry_run: true });
    return !/being ended/.test(looked.items[0].reasons.join(' ')) && looked;
  });
  assert.deepEqual(look.items.map(({ pipeline_id, removed_worktree }) => [pipeline_id, removed_worktree]), [[id, false]]);
  assert.match(look.items[0].reasons.join(' '), /neither merged nor pushed/);
  const kept = await api.expect(200, '/api/v1/clean-up', {});
  assert.equal(kept.items[0].removed_worktree, false);
  const named = await api.expect(200, '/api/v1/clean-up', { pipelines: [id] });
  assert.deepEqual([named.items[0].removed_worktree, named.items[0].removed_branch], [true, false]);
  assert.equal(repositories[0].head(pipeline.branch), pipeline.head_commit);
  assert.deepEqual((await api.expect(200, '/api/v1/clean-up', { dry_run: true })).items, []);
});

scenario('a dry run renders every prompt and starts nothing', async ({ api, repository, model }) => {
  const body = { description: 'Write a note about tides.', repo: repository().path, template: 'full_feature' };
  const { steps } = await api.expect(200, '/api/v1/pipelines/dry-run', body);
  assert.deepEqual(steps.map(({ name }) => name), ['product-owner', 'architect', 'approval', 'developer', 'senior-reviewer']);
  for (const { prompt } of steps.filter(({ kind }) => kind === 'agent')) assert.ok(prompt.includes('Write a note about tides.'));
  assert.deepEqual(steps[4].back, { back_to: 'developer', max_rounds: 3 });
  assert.deepEqual((await api.get('/api/v1/pipelines')).items, []);
  assert.deepEqual(model.requests(), []);
});
