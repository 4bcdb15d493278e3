// GET /events: heartbeats, everything once and in order, and again after a gap.

import assert from 'node:assert/strict';
import { Events, settled } from './lib/events.mjs';
import { scenario } from './lib/scenario.mjs';
import { until } from './lib/waiting.mjs';

/** Five seconds by contract, and what a busy machine may add. */
const HEARTBEAT_MS_MAX = 6_500;

scenario('a heartbeat comes at least every five seconds, with type and ts alone', async ({ events }) => {
  const reader = await events();
  assert.match(reader.headers.get('cache-control'), /no-cache|no-store/);
  assert.equal(reader.headers.get('content-encoding') ?? 'identity', 'identity');
  await until('three heartbeats', () => reader.heartbeats.length >= 3);
  const gaps = reader.heartbeats.slice(1).map(({ at }, index) => at - reader.heartbeats[index].at);
  assert.ok(Math.max(...gaps) < HEARTBEAT_MS_MAX, `gaps of ${gaps}`);
  for (const { text } of reader.heartbeats) {
    const heartbeat = JSON.parse(text);
    assert.deepEqual(Object.keys(heartbeat).sort(), ['ts', 'type']);
    assert.ok(Number.isInteger(heartbeat.ts) && Math.abs(heartbeat.ts - Date.now() / 1000) < 30);
  }
});

scenario('a run is told whole, live and again', async ({ events, quickFix, server }) => {
  const reader = await events();
  const { id } = await quickFix({ models: { developer: 'mock/slow-text' } });
  const narrow = await events(`?pipeline=${id}`);
  await reader.when('that the run succeeded', ({ type, status }) => type === 'pipeline_updated' && status === 'succeeded', 90_000);
  const types = new Set(reader.durable.map(({ type }) => type));
  for (const type of ['pipeline_created', 'pipeline_updated', 'step_started', 'step_finished', 'attempt_started', 'attempt_finished', 'handoff_recorded', 'verdict_recorded', 'transcript_part']) {
    assert.ok(types.has(type), `${type} is missing in ${[...types]}`);
  }
  expectDeltasFit(reader);
  await reader.expectWhole(server.url);
  assert.ok(narrow.durable.every(({ pipeline_id }) => pipeline_id === id));
  await expectEveryCursor(server.url, reader.durable);
});

/** Deltas of a part lie one after the other, and together are the text of the whole part. */
function expectDeltasFit(reader) {
  const slow = reader.ofType('transcript_part').map(({ part }) => part).find(({ text, state }) => state === 'done' && text.includes('word-60'));
  const deltas = reader.ofType('transcript_delta').filter(({ attempt_id, part_id }) => attempt_id === slow.attempt_id && part_id === slow.part_id);
  assert.ok(deltas.length >= 5, `the text came in ${deltas.length} pieces`);
  let at = 0;
  for (const { offset, text, seq } of deltas) {
    assert.equal(seq, undefined, 'a delta is live only');
    assert.equal(offset, at, 'each delta begins where the one before ended');
    at += Buffer.byteLength(text);
  }
  assert.equal(deltas.map(({ text }) => text).join('').trimEnd(), slow.text.trimEnd());
}

/** From anywhere, by either cursor, the rest follows without gap or repetition. */
async function expectEveryCursor(url, durable) {
  const last = durable.at(-1).seq;
  const places = [0, 1, Math.floor(durable.length / 2), durable.length - 2].map((index) => durable[index].seq);
  for (const place of places) {
    const rest = settled(durable).filter(({ seq }) => seq > place).map(({ seq }) => seq);
    for (const [query, headers] of [[`?after=${place}`, {}], ['', { 'last-event-id': String(place) }], ['?after=0', { 'last-event-id': String(place) }]]) {
      const reader = await Events.open(url, query, headers);
      await reader.when(`with sequence ${last}`, ({ seq }) => seq === last);
      reader.close();
      assert.deepEqual(reader.durable.map(({ seq }) => seq), rest, `after ${place} by ${query || 'Last-Event-ID'}`);
    }
  }
}

scenario('a cursor from another life is answered with reset', async ({ api, events, quickFix }) => {
  const { id } = await quickFix({ models: { developer: 'mock/gated' } });
  const reader = await events('?after=999999999');
  await reader.when('reset', ({ type }) => type === 'reset');
  assert.equal((await api.cancel(id)).status, 202);
  await reader.when('of the cancelled run', ({ type, status }) => type === 'pipeline_updated' && status === 'cancelled');
});
