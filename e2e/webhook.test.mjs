// Another program is told what happened: signed, in order, and after a restart what it missed.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { scenario } from './lib/scenario.mjs';
import { until } from './lib/waiting.mjs';

const SECRET = 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0';

/** A receiver that keeps what it is told, if the signature is right. */
async function receiver() {
  const told = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers;
    const expected = createHmac('sha256', Buffer.from(SECRET.slice('whsec_'.length), 'base64')).update(`${id}.${at}.${body}`).digest('base64');
    const isTheirs = signature === `v1,${expected}`;
    if (isTheirs) told.push(JSON.parse(body));
    response.writeHead(isTheirs ? 204 : 401).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { told, url: `http://127.0.0.1:${server.address().port}/hook`, close: () => server.close() };
}

const hook = await receiver();
const TOLD = { environment: { AGENCY_WEBHOOK__URL: hook.url, AGENCY_WEBHOOK__SECRET: SECRET, AGENCY_WEBHOOK__PAGE_URL: 'https://agency.example/' } };

scenario('a receiver is told what waits and what ended, also after the server was killed', TOLD, async (world) => {
  try {
    const { id } = await world.gatedPlan();
    const gate = await world.api.gate(id);
    // Killed before that it was told is noted, the server would tell it again.
    const delivered = join(world.server.dataDir, 'webhook-delivered');
    await until('the approval to be told, and that to be noted', () => hook.told.length === 1 && readFileSync(delivered, 'utf8') === String(hook.told[0].data.event_id));
    await world.server.kill();
    await world.server.start();
    await world.api.decide(gate.id, { decision: 'approve' });
    await world.api.ended(id);
    await until('the end to be told', () => hook.told.length >= 2);
    assert.deepEqual(hook.told.map(({ type }) => type), ['approval_requested', 'pipeline_succeeded']);
    const [asked, ended] = hook.told;
    assert.equal(ended.data.link, `https://agency.example/pipelines/${id}`);
    assert.deepEqual([ended.data.pipeline.id, ended.data.pipeline.status], [id, 'succeeded']);
    assert.match(asked.text, /Is this the plan\?/);
    world.server.expectNotLogged(SECRET);
  } finally {
    hook.close();
  }
});
