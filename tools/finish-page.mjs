// Finishes a release build of the page: makes its style sheets one, divides its module in what is needed first and the rest, puts their functions in an
// order that compresses well, and puts .br and .gz beside each file, which the server sends as they are.
// Called by Trunk after a build (Trunk.toml), with the directory in TRUNK_STAGING_DIR. A development build stays as it is.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { dividePage } from './divide-page.mjs';
import { orderFile } from './order-functions.mjs';
import { joinStyleSheets } from './style-sheet.mjs';

const COMPRESSIBLE = /\.(css|html|js|json|svg|txt|wasm)$/;
/** What is smaller fits into one packet anyway. */
const BYTES_MIN = 1_000;

/** For texts there is one best way. For a module it changes with the module, by a kilobyte: all of these are tried. */
const MODES = [constants.BROTLI_MODE_GENERIC, constants.BROTLI_MODE_FONT];
/** Sizes of the blocks that brotli looks at together, as powers of two. */
const BLOCKS = [16, 17, 18];

function brotli(content) {
  const isModule = content.subarray(1, 4).toString() === 'asm';
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  if (!isModule) return brotliCompressSync(content, { params });
  const ways = MODES.flatMap((mode) => BLOCKS.map((block) => ({ [constants.BROTLI_PARAM_MODE]: mode, [constants.BROTLI_PARAM_LGBLOCK]: block })));
  const results = ways.map((way) => brotliCompressSync(content, { params: { ...params, ...way } }));
  return results.reduce((best, result) => (result.length < best.length ? result : best));
}

if (process.env.TRUNK_PROFILE === 'release') {
  const folder = process.env.TRUNK_STAGING_DIR;
  joinStyleSheets(folder);
  const modules = () => readdirSync(folder).filter((name) => name.endsWith('.wasm'));
  for (const name of modules()) dividePage(folder, name);
  for (const name of modules()) orderFile(join(folder, name));
  for (const name of readdirSync(folder).filter((name) => COMPRESSIBLE.test(name))) {
    const content = readFileSync(join(folder, name));
    if (content.length < BYTES_MIN) continue;
    writeFileSync(join(folder, `${name}.br`), brotli(content));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
  }
}
