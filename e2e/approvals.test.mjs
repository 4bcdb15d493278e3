// Gates: a person's three decisions, and what follows from each.

import assert from 'node:assert/strict';
import { attemptsOf, expectProblem, stepOf } from './lib/api.mjs';
import { scenario } from './lib/scenario.mjs';


scenario('requested changes go back with the comment, and the gate opens again', async ({ api, gatedPlan }) => {
  const { id } = await gatedPlan();
  const first = await api.gate(id);
  assert.equal(first.question, 'Is this the plan?');
  const answer = await api.decide(first.id, { decision: 'request_changes', comment: 'Name the file PLAN ß.', digest: first.digest });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.body.decided_by, 'local user');
  const again = await api.when(id, 'another gate', ({ approvals }) => approvals.some(({ id, status }) => id !== first.id && status === 'pending'));
  const second = again.approvals.find(({ status }) => status === 'pending');
  const [, repeated] = stepOf(again, 'architect').attempts;
  assert.equal(repeated.number, 2);
  const receipt = await api.receipt(repeated.id);
  assert.ok(receipt.prompt.includes('Name the file PLAN ß.') && receipt.prompt.includes('asks for changes'));
  assert.notEqual(second.digest, first.digest, 'another hand-off is another thing to decide on');
  expectProblem(await api.decide(second.id, { decision: 'approve', digest: first.digest }), 409, 'approval_stale');
  assert.equal((await api.decide(second.id, { decision: 'approve', digest: second.digest })).status, 200);
  const ended = await api.ended(id);
  assert.deepEqual(ended.approvals.map(({ status }) => status).sort(), ['approved', 'changes_requested']);
  const types = (await api.audit(id)).map(({ event_type }) => event_type);
  assert.ok(types.includes('sent_back') && types.includes('approval_decided'));
});

scenario('a gate takes one decision, only one that fits, and a rejection ends the run', async ({ api, gatedPlan, server }) => {
  const { id } = await gatedPlan();
  const gate = await api.gate(id);
  assert.deepEqual(gate.back_to_choices, ['architect']);
  expectProblem(await api.decide(gate.id, { decision: 'request_changes' }), 400, 'invalid_input', ['comment']);
  expectProblem(await api.decide(gate.id, { decision: 'request_changes', comment: 'x', back_to: 'gardener' }), 400, 'invalid_input', ['back_to']);
  expectProblem(await api.decide(gate.id, { decision: 'perhaps' }), 400, 'invalid_input', ['decision']);
  expectProblem(await api.decide(gate.id, { decision: 'approve', verdict: 'x' }), 400, 'invalid_input', ['verdict']);
  expectProblem(await api.decide(999_999, { decision: 'approve' }), 404, 'not_found');

  const reject = (by) => api.decide(gate.id, { decision: 'reject', comment: 'Not worth it.', decided_by: `person ${by}` });
  const answers = await Promise.all([1, 2, 3, 4].map(reject));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409]);
  const winner = answers.find(({ status }) => status === 200).body.decided_by;
  const late = expectProblem(await api.decide(gate.id, { decision: 'approve' }), 409, 'approval_decided');
  assert.ok(late.detail.includes(winner), late.detail);

  const pipeline = await api.ended(id, 'failed');
  assert.equal(pipeline.status_reason.code, 'rejected');
  assert.ok(pipeline.status_reason.message.includes(winner) && pipeline.status_reason.message.includes('Not worth it.'));
  assert.equal(pipeline.approvals.length, 1);
  assert.equal(attemptsOf(pipeline).length, 1, 'the step behind the gate never began');
  await server.expectNoProcesses(id);
});

scenario('cancelling a run withdraws its gate', async ({ api, gatedPlan }) => {
  const { id } = await gatedPlan();
  const gate = await api.gate(id);
  assert.equal((await api.cancel(id)).status, 202);
  const pipeline = await api.pipeline(id);
  assert.equal(pipeline.status, 'cancelled');
  assert.equal(pipeline.approvals[0].status, 'withdrawn');
  assert.equal((await api.decide(gate.id, { decision: 'approve' })).status, 409);
  assert.deepEqual((await api.get('/api/v1/approvals?status=pending')).items, []);
});
