// The `agency` command: a thin client of the API, and the server's own housekeeping.

import assert from 'node:assert/strict';
import { Child } from './lib/processes.mjs';
import { AGENCY_BIN } from './lib/paths.mjs';
import { scenario } from './lib/scenario.mjs';
import { CHAIN_MS_MAX, until } from './lib/waiting.mjs';


/** The command against the world's server. */
function command({ server }) {
  return async (expected, ...parameters) => {
    const { code, stdout, output } = await server.cli(['--server', server.url, ...parameters], { timeout: CHAIN_MS_MAX });
    assert.equal(code, expected, `agency ${parameters.join(' ')}:\n${output}`);
    return stdout;
  };
}

scenario('a pipeline is run, watched, listed, shown and diffed', async (world) => {
  const agency = command(world);
  const repo = world.repository();
  const watched = await agency(0, 'run', 'Write a note from the command line.', '--repo', repo.path, '--watch');
  for (const said of ['developer', 'senior-reviewer', 'verdict: changes requested', 'verdict: approved', 'hand-off:', 'succeeded']) {
    assert.ok(watched.includes(said), `${said} is missing in\n${watched}`);
  }
  const id = watched.split('\n')[0];
  assert.match(await agency(0, 'list'), /succeeded.*Write a note from the command line\./);
  assert.equal(JSON.parse(await agency(0, 'list', '--json', '--status', 'succeeded')).items.length, 1);
  assert.equal(JSON.parse(await agency(0, 'list', '--json', '--status', 'failed')).items.length, 0);
  assert.match(await agency(0, 'show', id), /attempt 2: succeeded, approved/);
  const { branch } = JSON.parse(await agency(0, 'show', id, '--json'));
  assert.match(branch, /^agency\//);
  assert.match(await agency(0, 'diff', id), /^\+State: settled/m);
  assert.match(await agency(0, 'watch', id), /succeeded/, 'what is over can be told again');
  assert.match(await agency(0, 'templates'), /quick_fix.*built in/);
  assert.match(await agency(0, 'agents'), /senior-reviewer.*reads/);
  await agency(1, 'show', '999');
  await agency(1, 'cancel', id);
});

scenario('an agent is tried, and watched to the end of its one step', async (world) => {
  const agency = command(world);
  const told = await agency(0, 'try', 'architect', 'Plan a note.', '--watch');
  const { title, steps, branch } = JSON.parse(await agency(0, 'show', /^\d+/.exec(told)[0], '--json'));
  assert.deepEqual([title, steps.map((step) => step.agent_name)], ['Try of architect', ['architect']]);
  assert.match(branch, /^agency\//);
  const repo = world.repository().path;
  const id = (await agency(0, 'try', 'developer', 'Write a note.', '--repo', repo)).trim();
  assert.match(await agency(0, 'watch', id), /succeeded/);
  assert.match(await agency(0, 'diff', id), /^\+/m);
  await agency(1, 'try', 'nobody', 'Write a note.');
});

scenario('a gate is seen, sent back and approved', async (world) => {
  const agency = command(world);
  const id = (await agency(0, 'run', 'Write a note.', '--repo', world.repository().path, '--template', 'full_feature')).trim();
  const seen = await agency(3, 'watch', id, '--exit-on-approval');
  const [, approval] = /agency approve (\d+)/.exec(seen);
  assert.match(await agency(0, 'request-changes', approval, '--comment', 'Shorter.', '--by', 'Ada', '--back-to', 'architect'), /Sent back by Ada/);
  await agency(1, 'approve', approval);
  const { id: second } = await world.api.gate(Number(id));
  assert.match(await agency(0, 'approve', String(second), '--comment', 'Good.'), /Approved/);
  assert.match(await agency(0, 'watch', id), /succeeded/);
});

scenario('a running pipeline is cancelled', async (world) => {
  const agency = command(world);
  const { id } = await world.quickFix({ models: { developer: 'mock/gated' } });
  await world.api.atWork(id, 'developer');
  assert.match(await agency(0, 'cancel', String(id)), /cancelled/);
  await agency(1, 'watch', String(id));
  await world.server.expectNoProcesses(id);
});

scenario('a request that does not fit says which field and what to do', async (world) => {
  const { code, output } = await world.server.cli(['--server', world.server.url, 'run', 'x', '--repo', world.place('plain')]);
  assert.equal(code, 1);
  assert.match(output, /repo: .*git init/);
  const away = await world.server.cli(['--server', 'http://127.0.0.1:9', 'list']);
  assert.equal(away.code, 1);
  assert.match(away.output, /agency serve/);
});

scenario('the database is migrated up, down and up, and says where it stands', { start: false }, async ({ server }) => {
  const migrate = async (...step) => {
    const { code, output } = await server.cli(['migrate', ...step]);
    assert.equal(code, 0, output);
    return output;
  };
  await migrate('up');
  const status = await migrate('status');
  assert.match(status, /m20261123_000001_first_tables/);
  const head = /(m\d{8}_\d{6}_\w+)(?![\s\S]*m\d{8}_)/.exec(status)[1];
  assert.match(await migrate('down'), new RegExp(head));
  assert.notEqual(await migrate('status'), status);
  await migrate('up');
  assert.equal(await migrate('status'), status);
});

scenario('doctor, openapi and licenses need no server', { start: false }, async ({ server }) => {
  const doctor = await server.cli(['doctor']);
  assert.equal(doctor.code, 0, doctor.output);
  assert.match(doctor.output, /1\.18\./);
  const without = await server.cli(['doctor'], { env: { ...server.environment, AGENCY_OPENCODE__BIN: '/nowhere/opencode' } });
  assert.equal(without.code, 1, without.output);
  const openapi = await server.cli(['openapi']);
  assert.ok(JSON.parse(openapi.stdout).paths['/api/v1/pipelines'].post);
  const licenses = await server.cli(['licenses']);
  assert.match(licenses.stdout, /^## .*\n\n(.|\n)*Permission is hereby granted/m);
  const unknown = await server.cli(['serve'], { env: { ...server.environment, AGENCY_SERVER__PROT: '1' } });
  assert.ok(unknown.code > 0 && /prot/i.test(unknown.output), unknown.output);
});

scenario('the demo ends with branch, commits and a link', { start: false }, async ({ server, place }) => {
  const tmp = place('demo-tmp');
  const { AGENCY_OPENCODE__CONFIG: _, ...environment } = { ...server.environment, TMPDIR: tmp };
  const demo = new Child(AGENCY_BIN, ['demo'], { cwd: server.directory, env: environment });
  const timer = setTimeout(() => demo.kill(), CHAIN_MS_MAX);
  const { code } = await demo.ended;
  clearTimeout(timer);
  assert.equal(code, 0, demo.tail());
  for (const said of ['scripted', 'product-owner', 'architect', 'developer', 'senior-reviewer', 'changes requested', 'approved', 'agency/', '/pipelines/1']) {
    assert.ok(demo.output.includes(said), `${said} is missing in\n${demo.output}`);
  }
  assert.ok((demo.output.match(/^ {2} +[0-9a-f]{7,} developer: /gm) ?? []).length >= 2, `commits are missing in\n${demo.output}`);
});

scenario('serve ends on SIGTERM and SIGINT, with readers connected', async ({ server, events }) => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    if (!server.isRunning) await server.start();
    const reader = await events();
    const { code, ms } = await server.child.stop(signal);
    assert.equal(code, 0, `${signal}: ${server.child.tail()}`);
    assert.ok(ms < 5_000, `${signal} took ${ms} ms`);
    await until('the reader to be told', () => reader.closed.then(() => true), { within: 2_000 });
  }
});

scenario('a permission is allowed from now on and taken back on the command line', async (world) => {
  const agency = command(world);
  const step = { agent: 'developer', permissions: { bash: { '*': 'ask' } } };
  const { id } = await world.api.create({ description: 'Write a note.', repo: world.repository().path, steps: [step, step], model: 'mock/gated' });
  const asking = await world.api.when(id, 'a request', ({ requests }) => requests.some(({ answer }) => answer === null));
  const request = String(asking.requests[0].id);
  assert.match(await agency(0, 'inbox'), /or from now on with: --allow --scope step \(or pipeline\), for .*echo \*/);
  await agency(2, 'answer', request, '--deny', '--scope', 'step');
  await agency(2, 'answer', request, '--allow', '--revoke');
  const allowed = await agency(0, 'answer', request, '--allow', '--scope', 'pipeline', '--pattern', '*', '--by', 'kim');
  assert.match(allowed, new RegExp(`from now on: \\* \\(take it back with: agency answer ${request} --revoke\\)`));
  assert.match(await agency(0, 'answer', request, '--revoke'), /asked for again/);
  await agency(1, 'answer', request, '--revoke');
  world.openGate();
  const again = await world.api.when(id, 'another request', ({ requests }) => requests.some(({ answer }) => answer === null));
  await agency(0, 'answer', String(again.requests[1].id), '--allow');
  assert.equal((await world.api.ended(id)).status, 'succeeded');
});
