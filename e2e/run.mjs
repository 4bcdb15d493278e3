// Runs the end-to-end suites and ends with the line `N passed, N failed`.
//   node e2e/run.mjs [SUITE …]        all of them, or those named: api, crash, page, …

import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** Each test runs an OpenCode of half a gigabyte or several; two files at once keep two cores busy and no more. */
const FILES_AT_ONCE = 2;
const HERE = dirname(fileURLToPath(import.meta.url));
const SUFFIX = '.test.mjs';

/** The long ones first, so that none of them is left over at the end. */
const LONGEST_FIRST = ['api', 'page', 'disconnects', 'crash', 'quality'];

const rank = (name) => (LONGEST_FIRST.indexOf(name) + 1 || LONGEST_FIRST.length + 1);
const suites = readdirSync(HERE)
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => basename(name, SUFFIX))
  .sort((one, other) => rank(one) - rank(other));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !suites.includes(name));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}. The suites are: ${suites.join(', ')}.`);
  process.exit(2);
}

const files = (wanted.length > 0 ? wanted : suites).map((name) => join(HERE, name + SUFFIX));
const count = { passed: 0, failed: 0 };
// A file is reported too, but only what it holds is counted; one that breaks before its first test is a failure.
const isFile = ({ nesting, file, name }) => nesting === 0 && file && resolve(name) === resolve(file);

const events = run({ files, concurrency: FILES_AT_ONCE });
events.on('test:pass', (event) => {
  if (!isFile(event) && event.skip === undefined) count.passed += 1;
});
events.on('test:fail', (event) => {
  if (event.details?.error?.failureType !== 'subtestsFailed') count.failed += 1;
});
const report = events.compose(new spec());
report.pipe(process.stdout);
report.on('end', () => {
  process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
  process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
});
