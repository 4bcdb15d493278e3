// What a script can get wrong: each is refused with the field and what to do, and nothing is stored.

import assert from 'node:assert/strict';
import { request as rawRequest } from 'node:http';
import { attemptsOf, expectProblem } from './lib/api.mjs';
import { Repository } from './lib/repository.mjs';
import { scenario } from './lib/scenario.mjs';

const CREATE = '/api/v1/pipelines';

scenario('every fault of a request is named with its field', async ({ api, repository, place, directory }) => {
  const repo = repository((repo) => {
    repo.git('branch', 'v1');
    repo.git('branch', 'agency/taken');
  });
  const empty = Repository.empty(`${directory}/empty`);
  const good = { description: 'Write a note.', repo: repo.path, template: 'quick_fix' };
  const cases = [
    ['no description', { description: undefined }, 'description'],
    ['an empty description', { description: ' \n ' }, 'description'],
    ['a long title', { title: 'x'.repeat(201) }, 'title'],
    ['a relative path', { repo: 'repository-1' }, 'repo'],
    ['no such directory', { repo: `${directory}/nothing` }, 'repo'],
    ['a file', { repo: `${repo.path}/README.md` }, 'repo'],
    ['not a repository', { repo: place('plain') }, 'repo'],
    ['no commit yet', { repo: empty.path }, 'repo'],
    ['neither template nor steps', { template: undefined }, 'template'],
    ['both template and steps', { steps: [{ agent: 'developer' }] }, 'template'],
    ['an unknown template', { template: 'quick_fx' }, 'template'],
    ['an unknown agent', { template: undefined, steps: [{ agent: 'developer' }, { agent: 'gardener' }] }, 'steps[1].agent'],
    ['no steps', { template: undefined, steps: [] }, 'steps'],
    ['a step that is nothing', { template: undefined, steps: [{}] }, 'steps[0]'],
    ['a loop to a later step', { template: undefined, steps: [{ agent: 'senior-reviewer', on_changes_requested: { back_to: 'developer', max_rounds: 1 } }] }, 'steps[0].on_changes_requested.back_to'],
    ['an unknown base', { base: 'no-such-branch' }, 'base'],
    ['an ambiguous base', { base: 'v1' }, 'base'],
    ['a base with an operator', { base: 'main~1' }, 'base'],
    ['a branch outside agency/', { branch: 'main' }, 'branch'],
    ['a branch with an option in it', { branch: 'agency/--force' }, 'branch'],
    ['a model without a provider', { model: 'm1' }, 'model'],
    ['the demo’s model', { model: 'scripted/demo' }, 'model'],
    ['an unknown field', { aproval: true }, 'aproval'],
    ['a wrong kind of value', { title: 7 }, 'title'],
    ['a model for nobody', { models: { gardener: 'mock/m1' } }, 'models.gardener'],
  ];
  for (const [what, change, field] of cases) {
    const answer = await api.post(CREATE, { ...good, ...change });
    try {
      expectProblem(answer, 400, 'invalid_input', [field]);
    } catch (error) {
      error.message = `${what}: ${error.message}`;
      throw error;
    }
  }
  const ambiguous = await api.post(CREATE, { ...good, base: 'v1' });
  assert.ok(/refs\/heads\/v1/.test(ambiguous.text) && /refs\/tags\/v1/.test(ambiguous.text), 'the choices are named');
  const several = expectProblem(await api.post(CREATE, { ...good, description: '', base: 'nope', template: 'nope' }), 400, 'invalid_input');
  assert.equal(several.errors.length, 3, 'all faults at once');
  assert.deepEqual((await api.get(CREATE)).items, [], 'nothing is stored');
});

scenario('a branch belongs to one run', async ({ api, repository }) => {
  const repo = repository((repo) => repo.git('branch', 'agency/There/Already'));
  const request = { description: 'Write a note.', repo: repo.path, template: 'quick_fix', models: { developer: 'mock/gated' } };
  expectProblem(await api.post(CREATE, { ...request, branch: 'agency/there' }), 409, 'branch_taken', ['branch']);
  expectProblem(await api.post(CREATE, { ...request, branch: 'agency/there/already' }), 409, 'branch_taken', ['branch']);
  const { id, branch } = await api.create({ ...request, branch: 'agency/mine' });
  assert.equal(branch, 'agency/mine');
  const taken = expectProblem(await api.post(CREATE, { ...request, branch: 'agency/mine' }), 409, 'branch_taken', ['branch']);
  assert.match(taken.detail, new RegExp(`${id}|exists`), 'the holder is named');
  assert.equal((await api.cancel(id)).status, 202);
});

scenario('what is no JSON, too large, of another site or another name is refused', async ({ api, server }) => {
  const raw = (body, headers) => api.call('POST', CREATE, { raw: body, headers });
  expectProblem(await raw('{"description": ', {}), 400, 'malformed_json');
  expectProblem(await raw('', {}), 400, 'malformed_json');
  expectProblem(await raw('description=x', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'not_json');
  expectProblem(await raw('{}', { 'content-type': 'text/plain' }), 415, 'not_json');
  // What may bring files with it takes 15 MiB, all else one.
  expectProblem(await raw(JSON.stringify({ description: 'x'.repeat(15_800_000) }), {}), 413, 'too_large');
  expectProblem(await api.post('/api/v1/markdown', { text: 'x'.repeat(1_100_000) }), 413, 'too_large');
  expectProblem(await api.post(CREATE, { description: 'x'.repeat(200_001), repo: '/', template: 'quick_fix' }), 400, 'invalid_input', ['description']);
  expectProblem(await api.post(CREATE, {}, { origin: 'https://evil.example' }), 403, 'foreign_origin');
  expectProblem(await api.post(CREATE, {}, { 'sec-fetch-site': 'cross-site' }), 403, 'foreign_origin');
  for (const path of ['/health', '/events', '/', '/docs', CREATE]) {
    assert.equal(await statusForHost(server.port, path, 'evil.example'), 421, path);
    assert.equal(await statusForHost(server.port, path, `evil.example:${server.port}`), 421, path);
  }
  assert.equal(await statusForHost(server.port, '/health', `localhost:${server.port}`), 200);
  expectProblem(await api.call('GET', '/api/v1/nothing'), 404, 'not_found');
  expectProblem(await api.call('GET', '/api/v1/pipelines/1'), 404, 'not_found');
  expectProblem(await api.call('GET', '/api/v1/pipelines/x'), 404, 'not_found');
  expectProblem(await api.call('DELETE', CREATE), 405, 'method_not_allowed');
  expectProblem(await api.call('GET', `${CREATE}?limit=0`), 400, 'invalid_input', ['limit']);
  expectProblem(await api.call('GET', `${CREATE}?cursor=nonsense`), 400, 'invalid_input', ['cursor']);
  expectProblem(await api.call('GET', `${CREATE}?statuz=x`), 400, 'invalid_input', ['statuz']);
  expectProblem(await api.call('GET', `${CREATE}?status=done`), 400, 'invalid_input', ['status']);
});

/** fetch sets Host by itself. */
function statusForHost(port, path, host) {
  return new Promise((resolve, reject) => {
    const asked = rawRequest({ host: '127.0.0.1', port, path, headers: { host } }, (answer) => {
      answer.destroy();
      resolve(answer.statusCode);
    });
    asked.once('error', reject).end();
  });
}

scenario('the same Idempotency-Key starts one run', async ({ api, repository }) => {
  const request = { description: 'Write a note.', repo: repository().path, template: 'quick_fix', models: { developer: 'mock/gated' } };
  const key = { 'idempotency-key': 'key-1' };
  const answers = await Promise.all([1, 2, 3].map(() => api.post(CREATE, request, key)));
  const later = await api.post(CREATE, request, key);
  for (const answer of [...answers, later]) assert.ok([200, 201].includes(answer.status), answer.text);
  assert.equal(new Set([...answers, later].map(({ body }) => body.id)).size, 1);
  expectProblem(await api.post(CREATE, { ...request, description: 'Another.' }, key), 409, 'idempotency_mismatch');
  assert.equal((await api.get(CREATE)).items.length, 1);
  const { id } = later.body;
  const another = await api.post(CREATE, request, { 'idempotency-key': 'key-2' });
  assert.equal(another.status, 201);
  assert.equal(another.headers.get('location'), `/api/v1/pipelines/${another.body.id}`);
  for (const each of [id, another.body.id]) assert.equal((await api.cancel(each)).status, 202);
});

const GARDENER = `---
description: Tends the garden of files.
mode: primary
---
You are the gardener of this repository. Prune what is dead. Hand off with the tool.
`;
const GARDENING = `name: gardening
description: The gardener goes round.
steps:
  - agent: gardener
    description: Go round once.
`;

scenario('a repository’s own template and agent come first', async ({ api, repository }) => {
  const repo = repository((repo) => {
    repo.write('.agency/agents/gardener.md', GARDENER);
    repo.write('.agency/templates/gardening.yaml', GARDENING);
  });
  const query = `?repo=${encodeURIComponent(repo.path)}`;
  const { items } = await api.get(`/api/v1/templates${query}`);
  assert.equal(items.find(({ name }) => name === 'gardening').source, 'repository');
  assert.equal(items.find(({ name }) => name === 'quick_fix').source, 'built_in');
  assert.equal((await api.get(`/api/v1/agents${query}`)).items.find(({ name }) => name === 'gardener').description, 'Tends the garden of files.');
  assert.ok(!(await api.get('/api/v1/templates')).items.some(({ name }) => name === 'gardening'), 'not for others');
  const { id } = await api.create({ description: 'Look after it.', repo: repo.path, template: 'gardening' });
  const [attempt] = attemptsOf(await api.ended(id));
  assert.equal(attempt.agent, 'gardener');
  const receipt = await api.receipt(attempt.id);
  assert.match(receipt.role, /Prune what is dead/);
  assert.match(receipt.prompt, /Go round once\./);
});

scenario('a broken template or agent is named with file, line and field', async ({ api, repository }) => {
  const repo = repository((repo) => {
    repo.write('.agency/templates/gardening.yaml', GARDENING.replace('  - agent: gardener', '  - agnt: gardener'));
    repo.write('.agency/agents/gardener.md', GARDENER.replace('mode: primary', 'mode: [primary'));
  });
  const query = `?repo=${encodeURIComponent(repo.path)}`;
  const template = (await api.get(`/api/v1/templates${query}`)).items.find(({ name }) => name === 'gardening');
  assert.match(template.error, /gardening\.yaml/);
  assert.match(template.error, /4/, 'the line');
  assert.match(template.error, /agnt/, 'the field');
  const agent = (await api.get(`/api/v1/agents${query}`)).items.find(({ name }) => name === 'gardener');
  assert.match(agent.error, /gardener\.md/);
  const asked = await api.post(CREATE, { description: 'x', repo: repo.path, template: 'gardening' });
  const problem = expectProblem(asked, asked.status, 'catalog_broken');
  assert.ok([400, 422].includes(problem.status) && /gardening\.yaml/.test(problem.detail), asked.text);
  expectProblem(await api.post(CREATE, { description: 'x', repo: repo.path, steps: [{ agent: 'gardener' }] }), problem.status, 'catalog_broken');
});
