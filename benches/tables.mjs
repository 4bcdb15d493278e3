// The tables of docs/PERFORMANCE.md that are written from what was measured.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../e2e/lib/paths.mjs';

export const sorted = (numbers) => [...numbers].sort((one, other) => one - other);
export const median = (numbers) => sorted(numbers)[Math.floor(numbers.length / 2)];

/** When it was measured, as the first line of a table's head. */
export const dated = () => `- Date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** Puts `text` between the marks of that name. */
export function writeBetween(name, text) {
  const path = join(ROOT, 'docs', 'PERFORMANCE.md');
  const [before, rest] = readFileSync(path, 'utf8').split(`<!-- ${name}:begin -->`);
  const [, after] = rest.split(`<!-- ${name}:end -->`);
  writeFileSync(path, `${before}<!-- ${name}:begin -->\n${text}\n<!-- ${name}:end -->${after}`);
}
