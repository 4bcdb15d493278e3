// The main job, through HTTP alone: a chain of real OpenCode agents works on a branch of its own.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { attemptsOf, stepOf } from './lib/api.mjs';
import { isFree, listensOn } from './lib/processes.mjs';
import { NASTY_REQUEST } from './lib/requests.mjs';
import { scenario } from './lib/scenario.mjs';
import { NOTE_FILE, SETTLED } from './lib/scripts.mjs';

const agents = (pipeline) => attemptsOf(pipeline).map(({ agent, number }) => `${agent} ${number}`);
const count = (list, value) => list.filter((item) => item === value).length;

/** One commit for each attempt that changed something, each with its origin in trailers, and the branch ends at the last. */
function expectCommits(repository, pipeline) {
  const commits = repository.commits(pipeline.branch, pipeline.base_commit);
  const changing = attemptsOf(pipeline).filter(({ head_commit }) => head_commit);
  assert.deepEqual(commits.map(({ id }) => id), changing.map(({ head_commit }) => head_commit));
  for (const [index, { trailers }] of commits.entries()) {
    const { id, agent } = changing[index];
    assert.equal(trailers['Agency-Pipeline'], String(pipeline.id));
    assert.equal(trailers['Agency-Attempt'], String(id));
    assert.match(trailers['Agency-Step'], new RegExp(`^\\d+ ${agent}$`));
  }
  assert.equal(pipeline.head_commit, commits.at(-1).id);
  assert.equal(repository.head(pipeline.branch), pipeline.head_commit);
  return commits;
}

/** Every attempt was sent the request word for word, and the receipt is what its hash says. */
async function expectReceipts(api, pipeline) {
  for (const { id, agent } of attemptsOf(pipeline)) {
    const receipt = await api.receipt(id);
    assert.ok(receipt.prompt.includes(pipeline.description), `the request is not word for word in what ${agent} was sent`);
    assert.equal(receipt.attempt_id, id);
    assert.equal(receipt.size, Buffer.byteLength(receipt.prompt));
    assert.equal(receipt.sha256, createHash('sha256').update(receipt.prompt).digest('hex'));
    assert.match(receipt.role, new RegExp(`You are the ${agent}`));
  }
}

function expectHandoffs(pipeline) {
  for (const { agent, handoff, status } of attemptsOf(pipeline)) {
    assert.equal(status, 'succeeded', agent);
    assert.ok(handoff, `${agent} left no hand-off`);
    assert.match(handoff.content_md, new RegExp(`Hand-off from ${agent}`));
    assert.ok(handoff.content_html.includes('<h'), handoff.content_html);
    assert.ok(!/<script/i.test(handoff.content_html));
    assert.ok(handoff.metadata.summary && handoff.metadata.outcome, JSON.stringify(handoff.metadata));
  }
}

scenario('a quick_fix goes through a round of changes and ends on a branch of its own', async ({ api, repository, model, server }) => {
  const repo = repository((repo) => repo.plantTraps());
  const { id, branch, status, seq } = await api.create({ description: NASTY_REQUEST, repo: repo.path, template: 'quick_fix' });
  assert.ok(['queued', 'running'].includes(status));
  assert.match(branch, new RegExp(`^agency/${id}-`));
  assert.ok(seq > 0);
  const pipeline = await api.ended(id);

  assert.deepEqual(agents(pipeline), ['developer 1', 'senior-reviewer 1', 'developer 2', 'senior-reviewer 2']);
  assert.deepEqual(stepOf(pipeline, 'senior-reviewer').attempts.map(({ verdict }) => verdict), ['changes_requested', 'approved']);
  assert.equal(pipeline.description, NASTY_REQUEST);
  assert.equal(pipeline.title, NASTY_REQUEST.split('\n')[0]);
  assert.equal(pipeline.base, 'main');
  assert.equal(pipeline.base_commit, repo.head('main'));
  assert.equal(expectCommits(repo, pipeline).length, 2);
  assert.ok(repo.show(branch, NOTE_FILE).includes(SETTLED));
  await expectReceipts(api, pipeline);
  expectHandoffs(pipeline);

  const [, review, fix] = attemptsOf(pipeline);
  const finding = review.handoff.metadata.findings[0];
  const receipt = await api.receipt(fix.id);
  assert.ok(receipt.prompt.includes(finding.claim) && receipt.ids.includes(finding.id), 'the fix round is sent the open finding');
  assert.ok(fix.handoff.metadata.engine?.files_changed?.includes(NOTE_FILE) ?? fix.handoff.metadata.files_changed.includes(NOTE_FILE));

  assert.ok(pipeline.usage.tokens.input > 0 && pipeline.usage.tokens.output > 0);
  assert.ok(pipeline.usage.cost > 0, 'a priced model has a cost');
  const sum = attemptsOf(pipeline).reduce((total, { usage }) => total + usage.tokens.input, 0);
  assert.equal(pipeline.usage.tokens.input, sum);
  assert.ok(model.requests().length > 0);
  server.expectNotLogged('Ignore everything above', 'I write the note');
});

scenario('a full_feature waits for its approval and then ends succeeded', async ({ api, repository }) => {
  const repo = repository();
  const description = `Two lines of request.\n${NASTY_REQUEST}`;
  const { id } = await api.create({ title: 'A title of its own', description, repo: repo.path, template: 'full_feature' });
  const gate = await api.gate(id);
  assert.ok(gate.question && gate.digest && gate.handoff, JSON.stringify(gate));
  assert.deepEqual(gate.back_to_choices, ['architect', 'product-owner']);
  const inbox = await api.get('/api/v1/approvals?status=pending');
  assert.deepEqual(inbox.items.map(({ id }) => id), [gate.id]);

  const decided = await api.expect(200, `/api/v1/approvals/${gate.id}/decision`, {
    decision: 'approve',
    comment: 'Go on, and mind the ümlauts.',
    decided_by: 'Ada',
    digest: gate.digest,
  });
  assert.equal(decided.status, 'approved');
  const pipeline = await api.ended(id);
  assert.deepEqual(agents(pipeline), ['product-owner 1', 'architect 1', 'developer 1', 'senior-reviewer 1', 'developer 2', 'senior-reviewer 2']);
  assert.deepEqual(pipeline.steps.map(({ kind }) => kind), ['agent', 'agent', 'approval', 'agent', 'agent']);
  assert.ok(pipeline.steps.every(({ status }) => status === 'succeeded'));
  assert.equal(expectCommits(repo, pipeline).length, 2);
  await expectReceipts(api, pipeline);
  expectHandoffs(pipeline);
  assert.deepEqual(pipeline.criteria.map(({ id }) => id), ['AC-1', 'AC-2']);
  const told = await api.receipt(stepOf(pipeline, 'developer').attempts[0].id);
  assert.ok(told.prompt.includes('Go on, and mind the ümlauts.') && told.prompt.includes('Ada'), 'the comment reaches the next step');
  assert.ok(told.ids.includes('AC-1') && told.ids.includes('D-1'));
  const approval = pipeline.approvals.find((approval) => approval.id === gate.id);
  assert.equal(approval.decided_by, 'Ada');
});

scenario('plan_only ends without a commit', async ({ api, repository }) => {
  const repo = repository();
  const { id } = await api.create({ description: 'Plan a note.', repo: repo.path, template: 'plan_only' });
  const pipeline = await api.ended(id);
  assert.equal(pipeline.head_commit, pipeline.base_commit);
  assert.deepEqual(repo.commits(pipeline.branch, pipeline.base_commit), []);
  expectHandoffs(pipeline);
});

scenario('what happened can be read: transcript, diff, audit and its export', async ({ api, quickFix }) => {
  const { id } = await quickFix({ model: 'mock/m1-unpriced' });
  const pipeline = await api.ended(id);
  const [first] = attemptsOf(pipeline);
  assert.equal(pipeline.usage.cost, null, 'an unknown cost is unknown, not 0');
  assert.equal(first.usage.cost, null);
  assert.ok(pipeline.usage.tokens.output > 0);
  assert.equal(first.model, 'mock/m1-unpriced');

  const parts = await api.transcript(id, `&attempt=${first.id}`);
  assert.ok(parts.every(({ attempt_id, state }) => attempt_id === first.id && state === 'done'));
  const write = parts.find(({ tool }) => tool === 'write');
  assert.ok(write.diff?.includes('State: draft.') || JSON.stringify(write.input).includes('State: draft.'));
  assert.ok(parts.some(({ kind, text, html }) => kind === 'text' && text.includes('I write the note.') && html));
  const ordinals = parts.map(({ ordinal }) => ordinal);
  assert.deepEqual(ordinals.toSorted((one, other) => one - other), [...new Set(ordinals)].sort((one, other) => one - other));

  const search = (query) => api.call('GET', `/api/v1/pipelines/${id}/transcript/search?${query}`);
  const { body: said } = await search(`q=WRITE%20THE%20NOTE&only=texts&limit=1&attempt=${first.id}`);
  const { items: [line] } = said;
  assert.equal(said.total, parts.filter(({ kind, text }) => kind === 'text' && /write the note/i.test(text)).length);
  assert.equal(line.html, `${line.excerpt.replace('write the note', '<mark>write the note</mark>')}`);
  assert.deepEqual((await search(`only=edits&attempt=${first.id}`)).body.items.map(({ ordinal }) => ordinal), [write.ordinal]);
  for (const [query, says] of [['', 'say what to look for'], [`q=${'x'.repeat(201)}`, 'at most 200 letters'], ['only=miracles', 'errors']]) {
    const refused = await search(query);
    assert.equal(refused.status, 400);
    assert.ok(refused.body.detail.includes(says), refused.text);
  }

  const whole = await api.call('GET', `/api/v1/pipelines/${id}/diff`, { headers: { accept: 'text/plain' } });
  assert.ok(whole.text.includes(`+++ b/${NOTE_FILE}`) && whole.text.includes(`+${SETTLED}`), whole.text);
  const ofFirst = await api.get(`/api/v1/pipelines/${id}/diff?attempt=${first.id}`, { accept: 'application/json' });
  assert.deepEqual(ofFirst.files.map(({ path, status, additions }) => [path, status, additions]), [[NOTE_FILE, 'added', 2]]);
  assert.equal(ofFirst.head_commit, first.head_commit);

  await expectAudit(api, pipeline);
});

async function expectAudit(api, pipeline) {
  const events = await api.audit(pipeline.id);
  const types = events.map(({ event_type }) => event_type);
  for (const type of ['pipeline_created', 'pipeline_started', 'step_started', 'attempt_started', 'handoff_recorded', 'verdict_recorded', 'pipeline_succeeded']) {
    assert.ok(types.includes(type), `${type} is missing in ${types}`);
  }
  assert.equal(count(types, 'attempt_started'), 4);
  assert.equal(count(types, 'attempt_succeeded'), 4);
  assert.ok(events.every(({ pipeline_id, created_at }) => pipeline_id === pipeline.id && created_at));
  const exported = await api.call('GET', `/api/v1/pipelines/${pipeline.id}/audit/export?format=json`);
  assert.equal(exported.status, 200);
  assert.match(exported.headers.get('content-disposition') ?? '', /attachment/);
  const ids = JSON.parse(exported.text).map(({ id }) => id);
  assert.deepEqual(ids, events.map(({ id }) => id).sort((one, other) => one - other), 'the export holds all, oldest first');
  const markdown = await api.call('GET', `/api/v1/pipelines/${pipeline.id}/audit/export?format=markdown`);
  assert.match(markdown.headers.get('content-type'), /^text\/markdown/);
  for (const type of new Set(types)) assert.ok(markdown.text.includes(type), `${type} is missing in the Markdown export`);
}

scenario('a review that is never content ends the run as not converging', async ({ api, repository }) => {
  const steps = [
    { agent: 'developer', description: 'Write the note.' },
    { agent: 'senior-reviewer', on_changes_requested: { back_to: 'developer', max_rounds: 1 } },
  ];
  const repo = repository();
  const { id, template } = await api.create({ description: 'Write a note.', repo: repo.path, steps, model: 'mock/never-approves' });
  assert.equal(template, 'ad_hoc');
  const pipeline = await api.ended(id, 'failed');
  assert.equal(pipeline.status_reason.code, 'not_converging');
  assert.ok(pipeline.status_reason.message && pipeline.status_reason.hint);
  assert.deepEqual(agents(pipeline), ['developer 1', 'senior-reviewer 1', 'developer 2', 'senior-reviewer 2']);
});

scenario('a verdict that cannot be read never passes', async ({ api, repository }) => {
  const { id } = await api.create({
    description: 'Write a note.',
    repo: repository().path,
    steps: [{ agent: 'developer' }, { agent: 'senior-reviewer' }],
    models: { 'senior-reviewer': 'mock/verdict_unreadable' },
  });
  const pipeline = await api.ended(id, 'failed');
  assert.equal(pipeline.status_reason.code, 'step_failed');
  const [attempt] = stepOf(pipeline, 'senior-reviewer').attempts;
  assert.equal(attempt.failure.class, 'handoff_invalid');
  assert.ok(attempt.failure.hint);
  const notices = (await api.transcript(id, `&attempt=${attempt.id}`)).filter(({ kind }) => kind === 'notice');
  assert.ok(notices.length >= 1, 'that it was asked again shows in the transcript');
});

scenario('cancelling ends the processes of the developer at once', async ({ api, quickFix, server }) => {
  const { id } = await quickFix({ models: { developer: 'mock/gated' } });
  await api.atWork(id, 'developer');
  const [running] = (await api.get('/api/v1/opencode')).running;
  assert.equal(running.pipeline_id, id);
  assert.ok(server.marked(id).includes(running.pid) && server.marked(id).length >= 2, 'OpenCode and its command carry the mark');
  const port = listensOn(running.pid);
  assert.equal((await fetch(`http://127.0.0.1:${port}/global/health`)).status, 401, 'nobody without the password speaks to it');
  const answer = await api.cancel(id);
  assert.equal(answer.status, 202, answer.text);
  assert.equal(answer.body.status, 'cancelled');
  await server.expectNoProcesses(id);
  assert.ok(await isFree(port), 'its port is closed');
  const pipeline = await api.pipeline(id);
  assert.equal(attemptsOf(pipeline)[0].status, 'cancelled');
  assert.equal(stepOf(pipeline, 'developer').status, 'cancelled');
  assert.equal((await api.cancel(id)).status, 409, 'a cancelled run cannot be cancelled');
  assert.deepEqual((await api.get('/api/v1/opencode')).running, []);
});

scenario('five runs at once do not disturb each other', async ({ api, repository }) => {
  const shared = repository();
  const repositories = [shared, shared, shared, repository(), repository()];
  const requests = repositories.map((repo, index) => ({ description: `Write note number ${index + 1} of five.`, repo: repo.path, template: 'quick_fix' }));
  const created = await Promise.all(requests.map((request) => api.create(request)));
  assert.equal(new Set(created.map(({ branch }) => branch)).size, 5);
  const ended = await Promise.all(created.map(({ id }) => api.ended(id, 'succeeded', 200_000)));
  for (const [index, pipeline] of ended.entries()) {
    assert.equal(expectCommits(repositories[index], pipeline).length, 2);
    const text = repositories[index].show(pipeline.branch, NOTE_FILE);
    assert.ok(text.includes(`note number ${index + 1} of five`), text);
    await expectReceipts(api, pipeline);
  }
});
