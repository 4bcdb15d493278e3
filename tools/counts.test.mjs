import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countJunit, countLastLine, countNode, countRustdoc, summary } from './counts.mjs';

test('a nextest report is counted from its sums, errors as failures', () => {
  const xml = '<?xml version="1.0"?>\n<testsuites name="nextest-run" tests="12" failures="2" errors="1" uuid="x" time="0.4">\n<testsuite tests="12" failures="2">';
  assert.deepEqual(countJunit(xml), { passed: 9, failed: 3 });
});

test('a report that broke off has no count', () => {
  assert.equal(countJunit('<?xml version="1.0"?>'), null);
});

test('rustdoc results are summed over the crates', () => {
  const text = 'test result: ok. 3 passed; 0 failed; 0 ignored\n\ntest result: FAILED. 1 passed; 2 failed; 0 ignored\n';
  assert.deepEqual(countRustdoc(text), { passed: 4, failed: 2 });
  assert.equal(countRustdoc('error: could not compile'), null);
});

test('a cancelled test of Node is a failure', () => {
  assert.deepEqual(countNode('ℹ tests 9\nℹ pass 5\nℹ fail 2\nℹ cancelled 1\nℹ skipped 1\n'), { passed: 5, failed: 3 });
  assert.equal(countNode('SyntaxError'), null);
});

test('only the last line of a runner of ours counts', () => {
  assert.deepEqual(countLastLine('1 passed, 0 failed\nmore\n4 passed, 2 failed\n'), { passed: 4, failed: 2 });
  assert.equal(countLastLine('4 passed, 2 failed\nand then it crashed\n'), null);
});

test('the summary ends with the sum, on a line of its own', () => {
  const text = summary([
    { name: 'rust', passed: 10, failed: 1, seconds: 2 },
    { name: 'browser', passed: 3, failed: 0, seconds: 61.25 },
  ]);
  assert.equal(text.split('\n').at(-1), '13 passed, 1 failed');
});
