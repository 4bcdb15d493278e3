// Scripts of the tests' own, in the format of agency-scripted-model: agents that hold still where a test wants to act.

/** The line that the scripted reviewer of `m1` approves. */
export const SETTLED = 'State: settled after the review.';
export const NOTE_FILE = 'agency-note.txt';

const developer = (model) => ({ model, system: 'You are the developer' });
const handedOff = { text: 'I have handed off.' };
const handoff = (summary, more = {}) => ({ handoff: { summary, outcome: 'done', acknowledged: '{{ids}}', ...more } });

const COLOUR = { question: 'Which colour?', header: 'Colour', options: ['Red', 'Blue'].map((label) => ({ label, description: label })) };

function note(text, state = SETTLED) {
  return { text: 'I write the note. ', tools: [{ name: 'write', args: { filePath: `{{cwd}}/${NOTE_FILE}`, content: `${text}\n${state}\n` } }] };
}

/**
 * `gated`: a developer whose command runs until the file `gate` exists, and who then writes a note that is approved at once.
 * `asking`: a developer who asks a person for the note's colour before that.
 * `slow-text`: a developer who speaks for some seconds before that, word by word.
 * `talkative`: a developer who says and does hundreds of things, and ends at the gate like `gated`.
 * `check-first`: a developer who writes a draft, and settles it once a check has failed.
 * `silent-once`: an architect whose first hand-off acknowledges nothing, and whose second does. `silent`: one who acknowledges nothing, ever.
 * `slow-once`: a reviewer who, in the first session only, speaks for half a minute and says nothing that counts.
 */
export function holding(gate) {
  const wait = `echo at the gate; until [ -e '${gate}' ]; do sleep 0.1; done; echo through the gate`;
  const words = Array.from({ length: 60 }, (_, index) => `word-${index + 1}`).join(' ');
  const atTheGate = { text: 'I wait at the gate. ', tools: [{ name: 'bash', args: { command: wait, description: 'Waits at the gate' } }] };
  const many = (count, word) => Array.from({ length: count }, (_, index) => `${word}-${index + 1}`);
  const talk = (word) => ({
    text: `${many(240, word).join(' ')} `,
    chunk_ms: 20,
    tools: many(24, word).map((name) => ({ name: 'bash', args: { command: `echo ${name}`, description: `Says ${name}` } })),
  });
  const approve = [
    { text: 'I read the note. ', tools: [{ name: 'read', args: { filePath: `{{cwd}}/${NOTE_FILE}` } }] },
    handoff('The note is settled.', { verdict: 'approved' }),
    handedOff,
  ];
  return {
    rules: [
      {
        name: 'gated developer',
        match: developer('gated'),
        steps: [
          atTheGate,
          note('Written after the gate.'),
          handoff('Wrote the note after the gate.'),
          handedOff,
        ],
      },
      {
        name: 'talkative developer',
        match: developer('talkative'),
        steps: [talk('alpha'), talk('beta'), talk('gamma'), atTheGate, note('Written after much talk.'), handoff('Wrote the note after much talk.'), handedOff],
      },
      {
        name: 'asking developer',
        match: developer('asking'),
        steps: [
          { text: 'I ask. ', tools: [{ name: 'question', args: { questions: [COLOUR] } }] },
          note('Written after asking.'),
          handoff('Wrote the note after asking.'),
          handedOff,
        ],
      },
      {
        name: 'slow developer',
        match: developer('slow-text'),
        steps: [
          // With a call beside it: a turn without one would be the agent's last.
          { text: `${words} `, chunk_ms: 60, tools: [{ name: 'bash', args: { command: 'true', description: 'Does nothing' } }] },
          note('Written slowly.'),
          handoff('Wrote the note slowly.'),
          handedOff,
        ],
      },
      {
        name: 'developer after a failed check',
        match: { ...developer('check-first'), user: '## Failed check' },
        steps: [note('Mended.'), handoff('Mended what the check found.'), handedOff],
      },
      {
        name: 'developer before a check',
        match: developer('check-first'),
        steps: [note('Written quickly.', 'State: draft.'), handoff('Wrote a draft.'), handedOff],
      },
      { name: 'reviewer after a check', match: { model: 'check-first', system: 'You are the senior-reviewer' }, steps: approve },
      {
        name: 'architect, silent once',
        match: { model: 'silent-once', system: 'You are the architect' },
        steps: [handoff('Planned the note.', { acknowledged: [] }), handoff('Planned the note.'), handedOff],
      },
      {
        name: 'silent architect',
        match: { model: 'silent', system: 'You are the architect' },
        steps: [handoff('Planned the note.', { acknowledged: [] }), handedOff],
      },
      {
        name: 'slow reviewer, once',
        match: { model: 'slow-once', system: 'You are the senior-reviewer' },
        scripts: [[{ text: `${words} `, chunk_ms: 500 }], approve],
      },
    ],
  };
}
