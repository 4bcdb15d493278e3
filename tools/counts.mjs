// Reads how many tests passed and failed out of what the test runners write. Each answers null where there is no count.

/** nextest's JUnit report: the sums stand on its first element. */
export function countJunit(xml) {
  const head = /<testsuites\b([^>]*)>/.exec(xml)?.[1];
  if (head === undefined) return null;
  const number = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const failed = number('failures') + number('errors');
  return { passed: number('tests') - failed, failed };
}

/** rustdoc prints one result for each crate. */
export function countRustdoc(text) {
  const results = [...text.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed/gm)];
  if (results.length === 0) return null;
  const sum = (column) => results.reduce((total, result) => total + Number(result[column]), 0);
  return { passed: sum(1), failed: sum(2) };
}

/** Node's test runner ends with one line for each kind of outcome. */
export function countNode(text) {
  const number = (name) => new RegExp(`^[ℹ#] ${name} (\\d+)$`, 'm').exec(text)?.[1];
  if (number('pass') === undefined) return null;
  return { passed: Number(number('pass')), failed: Number(number('fail')) + Number(number('cancelled')) };
}

/** Our own runners end with the line that `just test` ends with. */
export function countLastLine(text) {
  const last = /(?:^|\n)(\d+) passed, (\d+) failed\s*$/.exec(text);
  return last && { passed: Number(last[1]), failed: Number(last[2]) };
}

/** A table of the suites, and under it the line that counts. */
export function summary(results) {
  const width = Math.max(5, ...results.map((result) => result.name.length));
  const row = (name, passed, failed, seconds) => `${name.padEnd(width)} ${String(passed).padStart(8)} ${String(failed).padStart(8)} ${String(seconds).padStart(8)}`;
  const rows = results.map((result) => row(result.name, result.passed, result.failed, result.seconds.toFixed(1)));
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  return [row('suite', 'passed', 'failed', 'seconds'), ...rows, '', `${total('passed')} passed, ${total('failed')} failed`].join('\n');
}
