import assert from 'node:assert/strict';
import { test } from 'node:test';
import { order } from './order-functions.mjs';

const bytes = (seed, length) => Uint8Array.from({ length }, (_, at) => Math.imul(seed + at, 2654435761) >>> 24);

test('what is alike stands together, and every function once', () => {
  const [one, other] = [bytes(1, 60), bytes(1000, 64)];
  const functions = [one, other, Uint8Array.of(...one, 1), Uint8Array.of(...other, 1), Uint8Array.of(7)];
  const ordered = order(functions);
  assert.deepEqual([...ordered].sort(), [0, 1, 2, 3, 4]);
  const beside = (first, second) => Math.abs(ordered.indexOf(first) - ordered.indexOf(second)) === 1;
  assert.ok(beside(0, 2) && beside(1, 3), `${ordered}`);
});

test('the same functions have the same order again', () => {
  const functions = Array.from({ length: 40 }, (_, index) => bytes(index % 7, 20 + index));
  assert.deepEqual(order(functions), order(functions));
});
