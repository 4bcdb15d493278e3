// Where the real things are: the server, the scripted model, OpenCode. Each can be named in the environment.

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target');

export const AGENCY_BIN = (process.env.AGENCY_BIN && resolve(ROOT, process.env.AGENCY_BIN)) || join(TARGET, 'debug', 'agency');
export const MODEL_BIN = process.env.AGENCY_SCRIPTED_MODEL_BIN ?? join(TARGET, 'debug', 'agency-scripted-model');
export const OPENCODE_BIN = process.env.AGENCY_OPENCODE__BIN ?? join(ROOT, 'node_modules', '.bin', 'opencode');
/** Screenshots and reports; ignored by git. */
export const RESULTS = join(ROOT, 'e2e', 'results');

/** Fails early, and says what to build, rather than in the middle of a test. */
export function expectBinaries() {
  for (const [path, how] of [
    [AGENCY_BIN, 'cargo build -p agency'],
    [MODEL_BIN, 'cargo build -p agency-scripted-model'],
    [OPENCODE_BIN, 'just setup'],
  ]) {
    if (!existsSync(path)) throw new Error(`${path} is not there. Make it: ${how}`);
  }
}
