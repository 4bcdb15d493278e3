// What a screen reader finds on a page, against what is committed. `UPDATE_STRUCTURE=1` writes it anew; look at the difference before you commit it.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

const PLACE = join(ROOT, 'e2e', 'structure');

/** What differs from run to run: places, commits, numbers with their units, times. */
const settled = (text) =>
  text
    .replaceAll(/\/tmp\/[^\s"'`]+/g, 'PATH')
    .replaceAll(/\b[0-9a-f]{7,40}\b/g, 'COMMIT')
    .replaceAll(/just now|\d+ (s|min|h|d) ago/g, 'AGO')
    .replaceAll(/\d{4}-\d\d-\d\d[^\s"]*|\b\d\d:\d\d\b/g, 'TIME')
    .replaceAll(/(?<!level=)\d[\d.,]*(k\b| (ms|s|min|h|kB|MB|B|%)(?!\w))?( \d+ s\b)?/g, 'N')
    // How long a call took stands behind its name where that was a while.
    .replaceAll(' N ›', ' ›');

export async function expectStructure({ page }, name) {
  const found = `${settled(await page.locator('body').ariaSnapshot())}\n`;
  const path = join(PLACE, `${name}.yaml`);
  if (process.env.UPDATE_STRUCTURE) {
    mkdirSync(PLACE, { recursive: true });
    writeFileSync(path, found);
  }
  assert.ok(existsSync(path), `${path} is missing. Write it: UPDATE_STRUCTURE=1 node e2e/run.mjs quality`);
  assert.equal(found, readFileSync(path, 'utf8'), `${name}: screen readers find something else than ${path}`);
}
