// A finished run of very many parts, whose developer changed very many lines: written through the store's own types, before the server starts.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TARGET } from './paths.mjs';
import { run } from './processes.mjs';

const BIN = process.env.AGENCY_LONG_RUN_BIN ?? join(TARGET, 'debug', 'examples', 'long_run');

/** Answers `{id, attempt}`. The server must not run: one process at a time may use a database. */
export async function writeLongRun(server, repository, { parts, lines = 0 }) {
  const base = repository.git('rev-parse', 'HEAD');
  let head = base;
  if (lines > 0) {
    const text = Array.from({ length: lines }, (_, index) => `line ${index + 1} of what the developer wrote\n`).join('');
    writeFileSync(join(repository.path, 'long.txt'), text);
    repository.git('add', 'long.txt');
    repository.git('commit', '--quiet', '--message', 'Many lines');
    head = repository.git('rev-parse', 'HEAD');
    repository.git('reset', '--quiet', '--hard', base);
  }
  const { code, stdout, output } = await run(BIN, [server.environment.AGENCY_DATABASE__URL, repository.path, base, head, String(parts)], { timeout: 120_000 });
  assert.equal(code, 0, `${BIN} (make it: cargo build -p agency-persistence --example long_run): ${output}`);
  const [id, attempt] = stdout.trim().split(' ').map(Number);
  return { id, attempt };
}
