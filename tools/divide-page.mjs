// Divides a release build of the page: its first views need one module, and all else comes in a second one, once the first is on screen.
// What goes where is decided by the names of functions (tools/wasm-bindgen/src/split), so the module is written with them.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What no first view shows. The page works without a name here too, as long as it is not needed at first; a test holds the first views to it. */
const LATER = [
  'pages::settings',
  'pages::new_pipeline',
  'pages::catalog',
  'pages::audit',
  'pages::record',
  'pages::not_found',
  'pages::pipeline::changes',
  'pages::pipeline::compare',
  'pages::pipeline::diff_',
  'pages::pipeline::earlier',
  'pages::pipeline::file_list',
  'pages::pipeline::named_place',
  'pages::pipeline::review',
  'pages::pipeline::viewed',
  'pages::pipeline::receipt',
  'pages::pipeline::timeline',
  'app::deeds',
  'app::palette::__component_finder',
  'app::sheet::__component_shortcuts',
].map((name) => `frontend::${name}`);

/** What is put where into the script that wasm-bindgen writes, and how often it stands there. */
const PLACES = [
  ['"./frontend_bg.js": import0,', (found) => `${found}\n        later: { load: loadNow },`, 1],
  ['const imports = __wbg_get_imports();', () => 'const imports = (pageImports = __wbg_get_imports());', 2],
  ['await __wbg_load(await module_or_path, imports);', (found) => `${found}\n    if (early) await putIn(early, instance.exports);`, 1],
  ['wasm.__wbindgen_start();', (found) => `${found}\n    loadSoon();`, 1],
];

/** The script of the page with `loader` in it, which loads `later`. */
export function withLoader(script, loader, later) {
  const changed = PLACES.reduce((text, [found, written, times]) => {
    const parts = text.split(found);
    if (parts.length !== times + 1) throw new Error(`wasm-bindgen's script has ${parts.length - 1} times, where ${times} are expected: ${found}`);
    return parts.join(written(found));
  }, script);
  return changed + loader.replace('@LATER@', later);
}

/** Divides the one module in `folder`; its script stands beside it. */
export function dividePage(folder, module) {
  const later = module.replace('_bg.wasm', '_later.wasm');
  const done = spawnSync('split-page', [join(folder, module), join(folder, later), ...LATER], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`split-page failed: ${done.error ?? done.stderr}`);
  process.stdout.write(`The page is divided: ${done.stdout}`);
  const script = join(folder, module.replace('_bg.wasm', '.js'));
  const loader = readFileSync(join(import.meta.dirname, '../frontend/later.js'), 'utf8');
  writeFileSync(script, withLoader(readFileSync(script, 'utf8'), loader, later));
}
