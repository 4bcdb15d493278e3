// Puts functions of a WebAssembly module that look alike next to each other, so that brotli finds more to repeat. The module does the same and is as long
// as before; compressed it is some 3 % shorter.
//   node tools/order-functions.mjs MODULE.wasm
//
// The order is worked out here and carried out by wasm-opt, which knows where a module names its functions: they get names that sort as they shall stand.
// It writes each access to memory without its alignment as well, a hint that differs from place to place and that no engine for this page needs, and
// leaves out what names the tools that made the module: some 2 % more.

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SECTION = { custom: 0, import: 2, code: 10 };
const HEADER_BYTES = 8;
/** Functions are compared by the hashes of all stretches of this many bytes, of which each of so many hash functions keeps the least (MinHash). */
const STRETCH_BYTES = 4;
const HASHES = 64;
/** With fewer least hashes in common, what is next by length follows. Found by trying. */
const ALIKE_MIN = 16;
/** What wasm-opt is told about size where it only writes what it has read: the module was optimised before. */
const AS_SMALL = ['--optimize-level=2', '--shrink-level=2'];
const WITHOUT_HINTS = ['--dealign', '--strip-producers', '--strip-target-features'];

/** A reader of a module's numbers, names and vectors. */
class Reader {
  constructor(bytes, at = 0) {
    Object.assign(this, { bytes, at });
  }

  number() {
    let [value, shift, byte] = [0, 0, 0];
    do {
      byte = this.bytes[this.at++];
      value += (byte & 127) * 2 ** shift;
      shift += 7;
    } while (byte > 127);
    return value;
  }

  skip(length) {
    this.at += length;
  }
}

function* sections(bytes) {
  const reader = new Reader(bytes, HEADER_BYTES);
  while (reader.at < bytes.length) {
    const id = bytes[reader.at++];
    const length = reader.number();
    yield { id, body: bytes.subarray(reader.at, reader.at + length) };
    reader.skip(length);
  }
}

/** How many functions are imported: they are counted before those of the module. */
function importedFunctions(bytes) {
  const body = [...sections(bytes)].find(({ id }) => id === SECTION.import)?.body;
  if (!body) return 0;
  const reader = new Reader(body);
  let functions = 0;
  const limits = () => {
    const flags = reader.number();
    reader.number();
    if (flags & 1) reader.number();
  };
  for (let left = reader.number(); left > 0; left -= 1) {
    for (const _name of ['module', 'field']) reader.skip(reader.number());
    const kind = body[reader.at++];
    if (kind === 0) functions += 1;
    if (kind === 0 || kind === 4) reader.number();
    if (kind === 1) reader.skip(1);
    if (kind === 1 || kind === 2) limits();
    if (kind === 3) reader.skip(2);
    // A tag has an attribute before its type.
    if (kind === 4) reader.number();
  }
  return functions;
}

function bodies(bytes) {
  const { body } = [...sections(bytes)].find(({ id }) => id === SECTION.code);
  const reader = new Reader(body);
  return Array.from({ length: reader.number() }, () => {
    const length = reader.number();
    reader.skip(length);
    return body.subarray(reader.at - length, reader.at);
  });
}

/** The least hashes of a function's stretches. */
function signature(body) {
  const least = new Uint32Array(HASHES).fill(0xffffffff);
  for (let at = 0; at + STRETCH_BYTES <= Math.max(body.length, STRETCH_BYTES); at += 1) {
    let stretch = 0;
    for (let byte = 0; byte < STRETCH_BYTES; byte += 1) stretch = (stretch << 8) | (body[at + byte] ?? 0);
    for (let hash = 0; hash < HASHES; hash += 1) {
      let value = Math.imul(stretch ^ Math.imul(hash + 1, 0x9e3779b1), 0x85ebca6b);
      value = Math.imul(value ^ (value >>> 15), 0xc2b2ae35) >>> 0;
      if (value < least[hash]) least[hash] = value;
    }
  }
  return least;
}

function alike(one, other) {
  let same = 0;
  for (let hash = 0; hash < HASHES; hash += 1) same += one[hash] === other[hash] ? 1 : 0;
  return same;
}

/** From the shortest function on, always to the one most like it that is left, or to the next longer one where none is much like it. */
export function order(functions) {
  const signatures = functions.map(signature);
  const left = functions.map((_, index) => index).sort((one, other) => functions[one].length - functions[other].length || one - other);
  const ordered = [];
  let last;
  while (left.length > 0) {
    let [best, bestAlike, bestGap] = [0, ALIKE_MIN, Infinity];
    for (let place = 0; last !== undefined && place < left.length; place += 1) {
      const same = alike(signatures[left[place]], signatures[last]);
      if (same < bestAlike) continue;
      const gap = Math.abs(functions[left[place]].length - functions[last].length);
      if (same > bestAlike || gap < bestGap) [best, bestAlike, bestGap] = [place, same, gap];
    }
    [last] = left.splice(best, 1);
    ordered.push(last);
  }
  return ordered;
}

function encoded(value) {
  const bytes = [];
  do {
    bytes.push((value & 127) | (value > 127 ? 128 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

function named(text) {
  const bytes = [...Buffer.from(text)];
  return [...encoded(bytes.length), ...bytes];
}

function lengthened(id, bytes) {
  return Buffer.from([id, ...encoded(bytes.length), ...bytes]);
}

/** The module with a name for each of its functions, by which they sort in `ordered`. */
function withNames(bytes, ordered) {
  const imported = importedFunctions(bytes);
  const names = new Array(ordered.length);
  ordered.forEach((index, place) => {
    names[index] = `f${String(place).padStart(8, '0')}`;
  });
  const map = [...encoded(names.length), ...names.flatMap((name, index) => [...encoded(imported + index), ...named(name)])];
  const FUNCTION_NAMES = 1;
  const section = lengthened(SECTION.custom, [...named('name'), ...lengthened(FUNCTION_NAMES, map)]);
  return Buffer.concat([bytes, section]);
}

/** Orders the functions of the module in a file. */
export function orderFile(path) {
  const bytes = readFileSync(path);
  const between = join(tmpdir(), `agency-page-${process.pid}.wasm`);
  writeFileSync(between, withNames(bytes, order(bodies(bytes))));
  const done = spawnSync('wasm-opt', [...AS_SMALL, '--reorder-functions-by-name', ...WITHOUT_HINTS, between, '-o', path], { encoding: 'utf8' });
  rmSync(between);
  if (done.status !== 0) throw new Error(`wasm-opt failed: ${done.error ?? done.stderr}`);
}

if (process.argv[1] === import.meta.filename) orderFile(process.argv[2]);
