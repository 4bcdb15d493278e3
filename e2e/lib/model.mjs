// The scripted model as a process, and the OpenCode configuration that leads to it.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_BIN } from './paths.mjs';
import { Child } from './processes.mjs';
import { until } from './waiting.mjs';

/** The provider's name in the tests: the name `scripted` is the demo's, and refused to others. */
export const PROVIDER = 'mock';
/** Model ids that the tests' own scripts answer to. */
const OWN_MODELS = ['gated', 'asking', 'slow-text', 'slow-once', 'check-first', 'silent-once', 'silent', 'talkative'];

export class Model {
  /** Starts a model that plays `script` where it fits, and what its ids name otherwise. */
  static async start(directory, script) {
    const model = new Model();
    model.log = join(directory, 'model.jsonl');
    model.config = join(directory, 'opencode.json');
    const raw = join(directory, 'opencode-raw.json');
    const parameters = ['--port', '0', '--print-opencode-config', raw, '--request-log', model.log];
    if (script) {
      writeFileSync(join(directory, 'script.json'), JSON.stringify(script));
      parameters.push('--script', join(directory, 'script.json'));
    }
    model.child = new Child(MODEL_BIN, parameters);
    await until('the scripted model to listen', () => model.child.output.includes('listening on'), { seen: () => model.child.tail() });
    writeFileSync(model.config, JSON.stringify(configuration(JSON.parse(readFileSync(raw, 'utf8')))));
    return model;
  }

  /** What the model was asked, and how each request ended. */
  requests() {
    return readFileSync(this.log, 'utf8').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  stop() {
    return this.child.kill();
  }
}

function configuration({ provider, ...config }) {
  const [scripted] = Object.values(provider);
  // One of our own is priced, so that its cost is known.
  const own = Object.fromEntries(OWN_MODELS.map((id) => [id, { ...scripted.models.m1, name: id }]));
  return {
    ...config,
    model: `${PROVIDER}/m1`,
    small_model: `${PROVIDER}/m1`,
    provider: { [PROVIDER]: { ...scripted, name: 'Mock', models: { ...scripted.models, ...own } } },
  };
}
