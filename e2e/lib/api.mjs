// The HTTP API as a script uses it.

import assert from 'node:assert/strict';
import { CHAIN_MS_MAX, final, until } from './waiting.mjs';

const ANSWER_MS_MAX = 15_000;
const ENDS = ['succeeded', 'failed', 'cancelled'];

export class Api {
  constructor(url) {
    this.url = url;
    /** Sent with every call. */
    this.headers = {};
  }

  /** Any call: `{status, headers, text, body}`, with `body` where the answer is JSON. */
  async call(method, path, { body, raw, headers = {} } = {}) {
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(this.url + path, {
      method,
      body: content,
      headers: { ...(content === undefined ? {} : { 'content-type': 'application/json' }), ...this.headers, ...headers },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }

  /** GET that must succeed. */
  async get(path, headers) {
    const answer = await this.call('GET', path, { headers });
    assert.equal(answer.status, 200, `GET ${path}: ${answer.text}`);
    return answer.body ?? answer.text;
  }

  post(path, body = {}, headers) {
    return this.call('POST', path, { body, headers });
  }

  /** POST that must be answered with `status`. */
  async expect(status, path, body, headers) {
    const answer = await this.post(path, body, headers);
    assert.equal(answer.status, status, `POST ${path}: ${answer.text}`);
    return answer.body;
  }

  async create(request, headers) {
    return this.expect(201, '/api/v1/pipelines', request, headers);
  }

  pipeline(id) {
    return this.get(`/api/v1/pipelines/${id}`);
  }

  cancel(id) {
    return this.post(`/api/v1/pipelines/${id}/cancel`);
  }

  decide(approval, decision) {
    return this.post(`/api/v1/approvals/${approval}/decision`, decision);
  }

  receipt(attempt) {
    return this.get(`/api/v1/attempts/${attempt}/receipt`);
  }

  /** All items of a paged list. `cursorName` is the query's name for the place. */
  async all(path, cursorName = 'cursor') {
    const items = [];
    for (let cursor = ''; cursor !== null; ) {
      const separator = path.includes('?') ? '&' : '?';
      const page = await this.get(path + (cursor ? `${separator}${cursorName}=${encodeURIComponent(cursor)}` : ''));
      items.push(...page.items);
      cursor = page.next_cursor;
    }
    return items;
  }

  transcript(id, query = '') {
    return this.all(`/api/v1/pipelines/${id}/transcript?limit=200${query}`, 'after');
  }

  audit(id) {
    return this.all(`/api/v1/pipelines/${id}/audit?limit=200`);
  }

  /** Waits until `is` says yes about a pipeline, and answers the pipeline. One that has ended otherwise is not waited for. */
  async when(id, what, is, within = CHAIN_MS_MAX) {
    let last;
    const look = async () => {
      last = await this.pipeline(id);
      if (is(last)) return last;
      if (ENDS.includes(last.status)) throw final(`pipeline ${id} never showed ${what}: ${told(last)}`);
      return null;
    };
    return until(`pipeline ${id} to show ${what}`, look, { within, seen: () => last && told(last) });
  }

  /** Waits until a pipeline has ended with `status`. */
  async ended(id, status = 'succeeded', within) {
    const pipeline = await this.when(id, 'an end', ({ status }) => ENDS.includes(status), within);
    assert.equal(pipeline.status, status, told(pipeline));
    return pipeline;
  }

  /** Waits for the gate of a pipeline. */
  async gate(id, within) {
    const pipeline = await this.when(id, 'an open approval', ({ status }) => status === 'waiting_for_approval', within);
    return pipeline.approvals.find(({ status }) => status === 'pending');
  }

  /** Waits until the newest attempt of an agent's step runs a command that has said something, and answers the attempt. */
  async atWork(id, agent) {
    return until(`${agent} to run a command`, async () => {
      const pipeline = await this.pipeline(id);
      const attempt = stepOf(pipeline, agent).attempts.at(-1);
      if (ENDS.includes(pipeline.status)) throw final(told(pipeline));
      if (attempt?.status !== 'running') return null;
      const parts = await this.transcript(id, `&attempt=${attempt.id}`);
      return parts.some(({ kind, state, output }) => kind === 'tool' && state === 'open' && output) && attempt;
    }, { within: CHAIN_MS_MAX });
  }
}

/** The step of an agent. */
export const stepOf = (pipeline, agent) => pipeline.steps.find(({ agent_name }) => agent_name === agent);

/** All attempts of a pipeline, in the order of their ids. */
export const attemptsOf = (pipeline) =>
  pipeline.steps.flatMap((step) => step.attempts.map((attempt) => ({ ...attempt, agent: step.agent_name }))).sort((one, other) => one.id - other.id);

/** A pipeline's state in a few lines, for a message. */
export function told(pipeline) {
  const attempts = attemptsOf(pipeline).map(({ agent, number, status, failure }) => `${agent} ${number}: ${status}${failure ? ` (${failure.class}: ${failure.message})` : ''}`);
  return [`${pipeline.status} ${JSON.stringify(pipeline.status_reason)}`, ...attempts].join('\n  ');
}

/** Expects a problem of RFC 9457 with a code, and with faults at these fields. */
export function expectProblem(answer, status, code, fields = []) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const { body } = answer;
  assert.equal(body.code, code, answer.text);
  assert.equal(body.status, status);
  assert.equal(body.type, `/problems/${code}`);
  assert.ok(body.title && body.detail, answer.text);
  const found = (body.errors ?? []).map(({ field }) => field);
  for (const field of fields) assert.ok(found.includes(field), `no fault at ${field}: ${answer.text}`);
  for (const { message } of body.errors ?? []) assert.ok(message, answer.text);
  return body;
}
