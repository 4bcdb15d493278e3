// One reader of /events that keeps all it hears and refuses gaps, repetitions and strays.

import assert from 'node:assert/strict';
import { until } from './waiting.mjs';

/**
 * What a replay tells of durable events: a part of a transcript that changed is sent again whole, and only its newest state is kept. Facts that are
 * not on the wire have a sequence too, so that numbers may be left out; whether one is missing shows the comparison with a replay.
 */
export function settled(events) {
  const newest = new Map(events.map((event) => [keyOf(event), event.seq]));
  return events.filter((event) => newest.get(keyOf(event)) === event.seq);
}

const keyOf = ({ type, seq, part }) => (type === 'transcript_part' ? `${part.attempt_id} ${part.part_id}` : seq);

export class Events {
  constructor(url) {
    this.url = url;
    /** Everything but heartbeats, in order. */
    this.events = [];
    /** `{at, text}` with the time of arrival in milliseconds. */
    this.heartbeats = [];
    this.fault = null;
  }

  /** Connects; `query` such as `?after=3&pipeline=1`. */
  static async open(base, query = '', headers = {}) {
    const reader = new Events(`${base}/events${query}`);
    reader.abort = new AbortController();
    const response = await fetch(reader.url, { headers: { accept: 'text/event-stream', ...headers }, signal: reader.abort.signal });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type'), /^text\/event-stream/);
    reader.headers = response.headers;
    // A connection may break at any time, with the server or by us; what came before must be sound.
    reader.closed = reader.read(response.body).catch(() => {});
    return reader;
  }

  async read(body) {
    let rest = '';
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const frames = (rest + text).split('\n\n');
      rest = frames.pop();
      for (const frame of frames) this.take(frame);
    }
  }

  take(frame) {
    const lines = frame.split('\n').filter((line) => line && !line.startsWith(':'));
    if (lines.length === 0) return;
    const fields = Object.fromEntries(lines.map((line) => line.split(/: ?(.*)/s).slice(0, 2)));
    const data = lines.filter((line) => line.startsWith('data:'));
    try {
      assert.equal(data.length, 1, `one data line each: ${frame}`);
      const event = JSON.parse(fields.data);
      if (event.type === 'heartbeat') this.heartbeats.push({ at: performance.now(), text: fields.data });
      else this.keep(event, fields);
    } catch (error) {
      this.fault ??= error;
    }
  }

  keep(event, { id, event: name }) {
    assert.ok(name === undefined || name === 'message', `a named event reaches no onmessage handler: ${name}`);
    assert.equal(id === undefined ? undefined : Number(id), event.seq, 'the SSE id is the sequence');
    if (event.type === 'reset') {
      // From here on it begins anew.
      this.last = event.seq;
    } else if (event.seq !== undefined) {
      assert.ok(event.pipeline_id && event.at, `a durable event says whose and when: ${JSON.stringify(event)}`);
      assert.ok(event.seq > (this.last ?? 0), `sequence ${event.seq} after ${this.last}: ${JSON.stringify(event)}`);
      this.last = event.seq;
    }
    this.events.push(event);
  }

  /** The durable events, without what was said about them on the way. */
  get durable() {
    return this.events.filter(({ seq, type }) => seq !== undefined && type !== 'reset');
  }

  ofType(type) {
    return this.events.filter((event) => event.type === type);
  }

  /** Waits for an event that `is` says yes to. */
  async when(what, is, within) {
    return until(`the event ${what}`, () => (this.expectSound(), this.events.find(is)), { within, seen: () => this.events.map(({ type }) => type).slice(-12).join(', ') });
  }

  expectSound() {
    if (this.fault) throw this.fault;
  }

  /** Everything durable that this reader heard, from its first to its last, is exactly what a replay tells, now that the run is over. */
  async expectWhole(base, query = '') {
    this.expectSound();
    const [first, last] = [this.durable[0].seq, this.durable.at(-1).seq];
    const replay = await Events.open(base, `?after=${first - 1}${query}`);
    await replay.when(`with sequence ${last}`, ({ seq }) => seq >= last);
    replay.close();
    const upTo = (events) => settled(events.filter(({ seq }) => seq <= last)).map(({ seq, type, pipeline_id }) => `${seq} ${type} ${pipeline_id}`);
    assert.deepEqual(upTo(this.durable), upTo(replay.durable));
  }

  close() {
    this.abort.abort();
    return this.closed;
  }
}
