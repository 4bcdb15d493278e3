// A proxy of the test's own between the page and the server: it can drop streams, let them die without a word, and add events to them.

import { createServer, request } from 'node:http';
import { freePort } from './processes.mjs';

export class Proxy {
  /** Listens, and hands everything on to `target`, such as http://127.0.0.1:8000. */
  static async start(target) {
    const proxy = new Proxy();
    proxy.target = new URL(target);
    /** Ends each stream after so many events; heartbeats do not count. */
    proxy.dropEvery = Infinity;
    /** The streams that are open now. */
    proxy.streams = new Set();
    /** Every request, as `GET /path`. */
    proxy.requests = [];
    /** How many streams were ended by `dropEvery`. */
    proxy.drops = 0;
    proxy.server = createServer((incoming, outgoing) => proxy.handOn(incoming, outgoing));
    // A test that fails does not come to close it, and must end all the same.
    proxy.server.unref();
    const port = await freePort();
    await new Promise((resolve) => proxy.server.listen(port, '127.0.0.1', resolve));
    proxy.url = `http://127.0.0.1:${port}`;
    return proxy;
  }

  handOn(incoming, outgoing) {
    this.requests.push(`${incoming.method} ${incoming.url}`);
    // The server answers to its own name alone.
    const headers = { ...incoming.headers, host: this.target.host };
    if (headers.origin) headers.origin = this.target.origin;
    incoming.socket.unref();
    const onward = request({ host: this.target.hostname, port: this.target.port, path: incoming.url, method: incoming.method, headers, agent: false });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      if (incoming.url.startsWith('/events')) new Stream(this, onward, answer, outgoing);
      else answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }

  /** From now on the streams that are open pass nothing on, and stay open. Streams opened later are well. */
  silence() {
    for (const stream of this.streams) stream.isSilent = true;
  }

  /** Adds a message of its own to every open stream. */
  send(data) {
    for (const stream of this.streams) stream.write(`data: ${JSON.stringify(data)}\n\n`);
  }

  count(start) {
    return this.requests.filter((line) => line.startsWith(start)).length;
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

class Stream {
  constructor(proxy, onward, answer, outgoing) {
    Object.assign(this, { proxy, onward, outgoing, isSilent: false, events: 0, rest: '' });
    proxy.streams.add(this);
    outgoing.on('close', () => proxy.streams.delete(this));
    outgoing.flushHeaders();
    answer.setEncoding('utf8').on('data', (text) => this.take(text));
    answer.on('end', () => outgoing.end());
  }

  take(text) {
    const frames = (this.rest + text).split('\n\n');
    this.rest = frames.pop();
    for (const frame of frames) {
      if (this.outgoing.destroyed) return;
      this.write(`${frame}\n\n`);
      if (!frame.includes('"type":"heartbeat"')) this.events += 1;
      if (this.events >= this.proxy.dropEvery) return this.drop();
    }
  }

  write(text) {
    if (!this.isSilent) this.outgoing.write(text);
  }

  drop() {
    this.proxy.drops += 1;
    // What was written goes out first; then the connection is gone without an end.
    this.outgoing.write('', () => this.outgoing.destroy());
    this.onward.destroy();
  }
}
