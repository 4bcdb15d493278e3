// What a run keeps: the template and the agents that it was created with, and what an attempt had written when it was cut short.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { attemptsOf, told } from './lib/api.mjs';
import { scenario } from './lib/scenario.mjs';
import { NOTE_FILE } from './lib/scripts.mjs';
import { until } from './lib/waiting.mjs';

const AGENT_FILE = '.agency/agents/developer.md';
const TEMPLATE_FILE = '.agency/templates/noting.yaml';

const agent = (days) => `---
description: Writes notes.
mode: primary
agency:
  access: write
---

You are the developer of the ${days} days. Write what the step asks for, and hand off.
`;

const template = (days, more = '') => `name: noting
description: Two developers, one after the other.
steps:
  - agent: developer
    description: Begin in the ${days} way.
    model: mock/gated
  - agent: developer
    description: Go on in the ${days} way.
    model: mock/m1
${more}`;

/** What each attempt of a run was sent, in order. */
async function sent(api, pipeline) {
  const receipts = [];
  for (const { id } of attemptsOf(pipeline)) receipts.push(await api.receipt(id));
  return receipts;
}

const speaksOf = (days, { role, prompt }) => role.includes(`of the ${days} days`) && prompt.includes(`in the ${days} way`);

scenario('a run keeps its template and agents whatever becomes of their files, and a new run has the new ones', async (world) => {
  const { api } = world;
  const repository = world.repository((repository) => {
    repository.write(AGENT_FILE, agent('old'));
    repository.write(TEMPLATE_FILE, template('old'));
    repository.commit('Agents of our own');
  });
  const request = { description: 'Write a note.', repo: repository.path, template: 'noting' };
  const { id: old } = await api.create(request);
  const first = await api.atWork(old, 'developer');
  repository.write(AGENT_FILE, agent('new'));
  repository.write(TEMPLATE_FILE, template('new', '  - agent: developer\n    description: End in the new way.\n    model: mock/m1\n'));
  repository.remember();
  assert.equal((await api.pipeline(old)).steps[0].attempts.at(-1).id, first.id, 'the first step is still under way');

  world.openGate();
  const before = await api.ended(old);
  assert.equal(before.steps.length, 2);
  for (const receipt of await sent(api, before)) assert.ok(speaksOf('old', receipt) && !speaksOf('new', receipt), JSON.stringify(receipt));

  const { id: fresh } = await api.create(request);
  const after = await api.ended(fresh);
  assert.equal(after.steps.length, 3);
  for (const receipt of await sent(api, after)) assert.ok(speaksOf('new', receipt) && !speaksOf('old', receipt), JSON.stringify(receipt));
  assert.notEqual(after.steps[0].agent_sha256, before.steps[0].agent_sha256);
});

const DRAFT = 'half-done/notes on it.txt';
const draft = { name: 'write', args: { filePath: `{{cwd}}/${DRAFT}`, content: 'Half of the work.\n' } };
const note = { name: 'write', args: { filePath: `{{cwd}}/${NOTE_FILE}`, content: 'All of the work.\n' } };
const handedOff = [{ handoff: { summary: 'Wrote the note.', outcome: 'done', acknowledged: '{{ids}}' } }, { text: 'I have handed off.' }];

/** A developer who in the first session writes a draft and then does `then`, and who in the next one does the work. */
const cutShort = (...then) => ({
  rules: [
    {
      name: 'developer who is cut short once',
      match: { model: 'gated', system: 'You are the developer' },
      scripts: [[{ text: 'I begin. ', tools: [draft] }, ...then], [{ text: 'I write. ', tools: [note] }, ...handedOff]],
    },
  ],
});

const waits = (gate) => ({ text: 'I wait. ', tools: [{ name: 'bash', args: { command: `echo at the gate; until [ -e '${gate}' ]; do sleep 0.1; done`, description: 'Waits at the gate' } }] });
const alone = (repository) => ({ description: 'Write a note.', repo: repository.path, steps: [{ agent: 'developer', model: 'mock/gated' }] });

/** The ref that the log names holds what the attempt had written, said before it was there; the branch has none of it. */
async function expectDraftKept({ api, server }, pipeline, repository) {
  const audit = (await api.audit(pipeline.id)).reverse();
  const place = (type) => audit.findIndex(({ event_type }) => event_type === type);
  const [begun, kept] = [place('preservation_begun'), place('work_preserved')];
  assert.ok(begun >= 0 && begun < kept, JSON.stringify(audit.map(({ event_type }) => event_type)));
  const { reference, commit } = audit[kept].payload;
  assert.equal(audit[begun].payload.reference, reference);
  assert.ok(reference.startsWith(`refs/agency/${pipeline.id}/`) && audit[kept].summary.includes(reference), JSON.stringify(audit[kept]));
  assert.equal(repository.head(reference), commit);
  assert.equal(repository.show(reference, DRAFT), 'Half of the work.');
  assert.equal(repository.git('rev-parse', `${reference}^`), pipeline.base_commit);
  assert.deepEqual(repository.git('for-each-ref', '--format=%(refname)', 'refs/agency').split('\n'), [reference], 'no ref that the log does not name');

  assert.equal(repository.git('diff', '--name-only', pipeline.base_commit, pipeline.branch), NOTE_FILE);
  const worktrees = join(server.dataDir, 'worktrees');
  const [worktree] = readdirSync(worktrees);
  assert.ok(!existsSync(join(worktrees, worktree, DRAFT)));
}

const statuses = (pipeline) => attemptsOf(pipeline).map(({ status }) => status);

scenario('what a cancelled attempt had written is kept under a ref that the log names', { script: (gate) => cutShort(waits(gate)) }, async (world) => {
  const { api } = world;
  const repository = world.repository();
  const { id } = await api.create(alone(repository));
  await api.atWork(id, 'developer');
  assert.equal((await api.cancel(id)).status, 202);
  const cancelled = await api.ended(id, 'cancelled');
  assert.deepEqual(statuses(cancelled), ['cancelled']);
  await until('its processes to end', () => world.server.marked().length === 0);
  await api.expect(202, `/api/v1/pipelines/${id}/retry`, {});
  const pipeline = await api.ended(id);
  assert.deepEqual(statuses(pipeline), ['cancelled', 'succeeded'], told(pipeline));
  await expectDraftKept(world, pipeline, repository);
});

scenario('what a failed attempt had written is kept under a ref that the log names', { script: () => cutShort({ text: 'I have no more to say.' }) }, async (world) => {
  const { api } = world;
  const repository = world.repository();
  const { id } = await api.create(alone(repository));
  assert.deepEqual(statuses(await api.ended(id, 'failed')), ['failed']);
  await api.expect(202, `/api/v1/pipelines/${id}/retry`, {});
  const pipeline = await api.ended(id);
  assert.deepEqual(statuses(pipeline), ['failed', 'succeeded'], told(pipeline));
  await expectDraftKept(world, pipeline, repository);
});
