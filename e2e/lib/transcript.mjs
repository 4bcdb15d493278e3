// What is on screen of a transcript, against what the API tells of it; and a watch that nothing vanishes from it meanwhile.

import assert from 'node:assert/strict';
import { until } from './waiting.mjs';

const words = (text) => text.split(/\s+/).filter(Boolean).join(' ');

/** The developer's attempt `number` (the last one without) is on screen as the API tells it: every part once, in order, with its whole text. */
export async function expectWholeTranscript(tab, { api }, id, number) {
  const attempt = (await api.pipeline(id)).steps
    .find(({ agent_name }) => agent_name === 'developer')
    .attempts.filter((attempt) => number === undefined || attempt.number === number)
    .at(-1);
  await tab.step('developer').locator(`[data-testid=attempt][data-number="${attempt.number}"]`).getByRole('link').click();
  const parts = (await api.transcript(id, `&attempt=${attempt.id}`)).sort((one, other) => one.ordinal - other.ordinal);
  const shown = () =>
    tab.page.getByTestId('part').evaluateAll((rows) => rows.map(({ dataset, textContent }) => ({ kind: dataset.kind, state: dataset.state, text: textContent })));
  const fits = (row, part) => row && row.kind === part.kind && row.state === endState(part) && textFits(words(row.text), part);
  const differences = async () => {
    const rows = await shown();
    const wrong = parts.filter((part, place) => !fits(rows[place], part)).map((part) => `${JSON.stringify(rows[parts.indexOf(part)])} in place of ${JSON.stringify(part)}`);
    return rows.length === parts.length ? wrong : [`${rows.length} parts in place of ${parts.length}`, ...wrong];
  };
  await until('the whole transcript', async () => (await differences()).length === 0, { within: 15_000, seen: async () => (await differences()).join('\n') });
}

/** A part that was open when its attempt ended abruptly is not open any more. */
const endState = ({ kind, state }) => (state !== 'open' ? state : kind === 'tool' ? 'error' : 'done');

/** Word for word; of a text that a power cut broke off, the reader may have seen more than was stored. */
function textFits(seen, { kind, state, text }) {
  if (kind !== 'text') return true;
  return state === 'open' ? seen.startsWith(words(text)) : seen === words(text);
}

/** From now on, what the transcript on screen shows only grows. */
export async function watch({ page }) {
  await page.evaluate(() => {
    const seen = { parts: 0, words: 0, losses: [] };
    globalThis.transcriptWatch = seen;
    setInterval(() => {
      const parts = [...document.querySelectorAll('[data-testid=part]')];
      const words = parts.reduce((sum, part) => sum + part.textContent.split(/\s+/).filter(Boolean).length, 0);
      if (parts.length < seen.parts) seen.losses.push(`${parts.length} parts after ${seen.parts}`);
      if (words < seen.words) seen.losses.push(`${words} words after ${seen.words}`);
      Object.assign(seen, { parts: parts.length, words });
    }, 50);
  });
}

/** Nothing has vanished since `watch`, and the page was never loaded anew. */
export async function expectNoLoss({ page }) {
  const seen = await page.evaluate(() => globalThis.transcriptWatch);
  assert.ok(seen, 'the page was loaded anew');
  assert.ok(seen.parts > 0, 'nothing was shown at all');
  assert.deepEqual(seen.losses, []);
}
