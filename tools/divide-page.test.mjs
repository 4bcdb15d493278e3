import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withLoader } from './divide-page.mjs';

/** A page of two: what the first shows is not for later, and the other counts in a global, writes to memory and calls back into the first. */
const filler = '(drop (i32.const 1))'.repeat(40);
const PAGE = `(module
  (import "page" "shown" (func $shown (param i32)))
  (memory (export "memory") 1)
  (global $count (mut i32) (i32.const 40))
  (table 4 4 funcref)
  (elem (i32.const 1) func $"<frontend[0123456789abcdef]::pages::settings::Toggle>::pressed" $"frontend[0123456789abcdef]::ui::shared")
  (type $handler (func (param i32)))
  (func $"frontend[0123456789abcdef]::ui::shared" (param i32) (call $shown (local.get 0)))
  (func $"<frontend[0123456789abcdef]::pages::settings::Toggle>::pressed" (param i32) ${filler} (call $shown (i32.const 7)))
  (func $only_for_settings (result i32) (i32.load8_u (i32.const 5)))
  (func $"frontend[0123456789abcdef]::pages::settings::open" (param i32) (result i32) ${filler}
    (global.set $count (i32.add (global.get $count) (local.get 0)))
    (i32.store8 (i32.const 5) (global.get $count))
    (call $"frontend[0123456789abcdef]::ui::shared" (i32.const 3))
    (call $only_for_settings))
  (func (export "press") (param i32) (call_indirect (type $handler) (i32.const 0) (local.get 0)))
  (func (export "open") (result i32) (call $"frontend[0123456789abcdef]::pages::settings::open" (i32.const 2)))
)`;

function divided(names) {
  const folder = mkdtempSync(join(tmpdir(), 'agency-divide-'));
  try {
    const [text, first, later] = ['page.wat', 'first.wasm', 'later.wasm'].map((name) => join(folder, name));
    writeFileSync(text, PAGE);
    const run = (command, ...parameters) => {
      const done = spawnSync(command, parameters, { encoding: 'utf8' });
      assert.equal(done.status, 0, `${command}: ${done.error ?? done.stderr}`);
      return done.stdout;
    };
    run('wasm-as', '-g', text, '-o', first);
    const told = run('split-page', first, later, ...names);
    return { told, first: new WebAssembly.Module(readFileSync(first)), later: new WebAssembly.Module(readFileSync(later)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A page in two parts; `loads` counts how often the first asked for the second. */
function started() {
  const { first, later } = divided(['frontend::pages::settings']);
  const page = { shown: [], loads: 0 };
  const imports = { page: { shown: (value) => page.shown.push(value) } };
  imports.later = {
    load: () => {
      page.loads += 1;
      if (page.loads === 1) page.putIn();
    },
  };
  page.first = new WebAssembly.Instance(first, imports).exports;
  page.putIn = () => new WebAssembly.Instance(later, { ...imports, first: page.first });
  return page;
}

test('a call into the second part loads it, and shares memory, globals and functions with the first', () => {
  const page = started();
  assert.equal(page.first.open(), 42);
  assert.equal(new Uint8Array(page.first.memory.buffer)[5], 42);
  assert.deepEqual(page.shown, [3]);
  assert.equal(page.first.open(), 44);
});

test('a call through the table loads the second part too, and goes straight there afterwards', () => {
  const page = started();
  page.first.press(2);
  assert.equal(page.loads, 0, 'what both use is in the first part');
  page.first.press(1);
  page.first.press(1);
  assert.equal(page.loads, 1);
  assert.deepEqual(page.shown, [0, 7, 7]);
});

test('the second part can be put in again, and loses nothing', () => {
  const page = started();
  assert.equal(page.first.open(), 42);
  page.putIn();
  assert.equal(page.first.open(), 44);
});

test('what is for later is not in the first part, and a name that nothing has is refused', () => {
  const { told } = divided(['frontend::pages::settings']);
  assert.match(told, /^3 of 6 functions for later, 2 of them behind a stub$/m);
  assert.throws(() => divided(['frontend::pages::elsewhere']), /no function is named after `frontend::pages::elsewhere`/);
});

test('a script that wasm-bindgen writes otherwise is refused', () => {
  assert.throws(() => withLoader('export default 1;', '', 'x_later.wasm'), /0 times, where 1 are expected/);
});
