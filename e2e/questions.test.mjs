// Asking a finished step, through HTTP and the command, with the real OpenCode and git.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expectProblem, stepOf } from './lib/api.mjs';
import { Tab } from './lib/browser.mjs';
import { scenario } from './lib/scenario.mjs';
import { holding } from './lib/scripts.mjs';
import { until } from './lib/waiting.mjs';

const ANSWER = 'It says so in **the note**.';

/** The agents of `holding`, and one that answers questions: it tries to write, looks, and answers. */
function asked(gate) {
  const { rules } = holding(gate);
  const steps = [
    { text: 'I look. ', tools: [{ name: 'write', args: { filePath: '{{cwd}}/sneaky.txt', content: 'x' } }] },
    { text: '', tools: [{ name: 'read', args: { filePath: '{{cwd}}/README.md' } }] },
    { text: ANSWER },
  ];
  return { rules: [{ name: 'asked', match: { user: '## The question' }, steps }, ...rules] };
}

const ask = (api, id, body) => api.post(`/api/v1/pipelines/${id}/questions`, body);

async function answered(api, id, question) {
  return until(`question ${question} to end`, async () => {
    const { items } = await api.get(`/api/v1/pipelines/${id}/questions`);
    const found = items.find((item) => item.id === question);
    return found.status !== 'pending' && found;
  }, { within: 60_000 });
}

scenario('a finished step answers, and no file, ref or state of the run changes', { script: asked }, async ({ api, quickFix, repositories, events, server, model }) => {
  const stream = await events();
  const { id } = await quickFix();
  const before = await api.ended(id);
  await server.expectNoProcesses(id);
  const refs = repositories[0].git('for-each-ref');
  const worktrees = repositories[0].git('worktree', 'list');

  expectProblem(await ask(api, id, { text: ' ' }), 400, 'invalid_input', ['text']);
  expectProblem(await ask(api, id, { text: 'Why?', attempt_id: 999_999 }), 404, 'not_found');
  const developer = stepOf(before, 'developer');
  const answer = await ask(api, id, { text: 'What does the note say?', step_id: developer.id, by: 'kim' });
  assert.equal(answer.status, 202, answer.text);
  assert.deepEqual([answer.body.status, answer.body.attempt_id, answer.body.by], ['pending', developer.attempts.at(-1).id, 'kim']);
  const question = await answered(api, id, answer.body.id);
  assert.equal(question.status, 'answered', JSON.stringify(question));
  assert.ok(question.answer.includes(ANSWER));
  assert.match(question.answer_html, /<strong>the note<\/strong>/);
  assert.ok(question.usage.tokens.input > 0);

  const { request } = model.requests().find(({ request }) => request?.scenario === 'asked');
  assert.deepEqual([...request.tools].sort(), ['glob', 'grep', 'read']);
  assert.equal(repositories[0].git('for-each-ref'), refs);
  assert.equal(repositories[0].git('worktree', 'list'), worktrees);
  assert.deepEqual(readdirSync(join(server.dataDir, 'worktrees')).filter((name) => name.startsWith('question-')), []);
  assert.ok(!existsSync(join(server.dataDir, 'opencode', `question-${question.id}`)));
  const after = await api.pipeline(id);
  assert.deepEqual([after.status, after.head_commit, after.steps], [before.status, before.head_commit, before.steps]);
  assert.equal(after.usage.tokens.input, before.usage.tokens.input + after.questions_usage.tokens.input);
  assert.deepEqual(after.questions_usage, question.usage);
  await server.expectNoProcesses();

  const types = (await api.audit(id)).map(({ event_type }) => event_type);
  assert.ok(types.includes('question_asked') && types.includes('question_answered'), types.join(', '));
  const told = await stream.when('of the answer', ({ type }) => type === 'question_answered');
  assert.deepEqual([told.question_id, told.answer], [question.id, question.answer]);
});

scenario('a step that has not finished is not asked, and the run goes on beside an answer', { script: asked }, async ({ api, repository, openGate }) => {
  const steps = [{ agent: 'architect' }, { agent: 'developer' }];
  const { id } = await api.create({ description: 'Write a note.', repo: repository().path, steps, models: { developer: 'mock/gated' } });
  await api.atWork(id, 'developer');
  const { steps: [architect, developer] } = await api.pipeline(id);
  const problem = expectProblem(await ask(api, id, { text: 'Why?', step_id: developer.id }), 409, 'state_conflict');
  assert.match(problem.detail, /has not finished/);
  const { body } = await ask(api, id, { text: 'Why this plan?' });
  assert.equal(body.step_id, architect.id);
  expectProblem(await ask(api, id, { text: 'And why not?' }), 409, 'state_conflict');
  assert.equal((await answered(api, id, body.id)).status, 'answered');
  assert.equal(stepOf(await api.pipeline(id), 'developer').attempts[0].status, 'running');
  openGate();
  await api.ended(id);
});

scenario('the page asks the step that is looked at, and shows the answer', { script: asked }, async (world) => {
  const { id } = await world.quickFix();
  await world.api.ended(id);
  const tab = await Tab.open(world);
  const { page } = tab;
  await tab.go(`/pipelines/${id}`);
  await tab.step('developer').getByRole('link', { name: 'developer', exact: true }).click();
  await page.getByText('Ask this step').click();
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByText('Write the question.').waitFor();
  await page.getByLabel('Question', { exact: true }).fill('What does the note say?');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByTestId('question').filter({ hasText: 'What does the note say?' }).waitFor();
  await page.getByTestId('answer').locator('strong', { hasText: 'the note' }).waitFor({ timeout: 60_000 });
  await tab.expectAccessible('question');
  await tab.expectNoSidewaysScroll('question');
  await tab.done();
});

scenario('a kill interrupts a question, and the command asks again', { script: asked }, async ({ api, quickFix, server }) => {
  const { id } = await quickFix();
  await api.ended(id);
  const { body } = await ask(api, id, { text: 'What does the note say?' });
  await until('its server to run', () => server.marked(`question-${body.id}`).length > 0);
  await server.kill();
  await server.start();
  const question = await answered(api, id, body.id);
  assert.equal(question.status, 'interrupted');
  assert.deepEqual(server.marked(`question-${body.id}`), []);
  const { code, stdout, output } = await server.cli(['--server', server.url, 'ask', String(id), '--step', 'developer', 'What does the note say?'], { timeout: 60_000 });
  assert.equal(code, 0, output);
  assert.ok(stdout.includes(ANSWER), stdout);
});
