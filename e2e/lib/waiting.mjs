// Waiting for a condition, with a limit. Nothing in these tests waits for a time to pass.

import { setTimeout as pause } from 'node:timers/promises';

/** Short against everything that is waited for, long enough to leave the processor to those who work. */
const LOOK_EVERY_MS = 60;
/** A whole chain of real agents on two busy cores; each of its OpenCode calls takes a fraction of a second. */
export const CHAIN_MS_MAX = 120_000;
/** Longer than OpenCode needs to start on two busy cores. */
const WITHIN_MS = 30_000;

/**
 * Asks `look` until it answers something true, and answers that. `look` may throw: its last error is part of what is said when the time is over.
 * `what` completes the sentence "waited for …"; `seen` may add what was there instead.
 */
export async function until(what, look, { within = WITHIN_MS, seen = () => '' } = {}) {
  const deadline = performance.now() + within;
  let error;
  for (;;) {
    try {
      const answer = await look();
      if (answer) return answer;
      error = undefined;
    } catch (caught) {
      if (caught.isFinal) throw caught;
      error = caught;
    }
    if (performance.now() > deadline) {
      const found = error?.message ?? (await seen());
      throw new Error(`waited ${within / 1000} s for ${what}${found ? `; instead: ${found}` : ''}`, { cause: error });
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** An error that more waiting cannot mend. */
export function final(message) {
  return Object.assign(new Error(message), { isFinal: true });
}
