// Another program that holds a database. OpenCode's binary has a SQLite of its own inside, so that the tests need none.

import { OPENCODE_BIN } from './paths.mjs';
import { Child } from './processes.mjs';
import { final, until } from './waiting.mjs';

const PROGRAM = `
  const { Database } = require('bun:sqlite');
  const database = new Database(process.argv.at(-1));
  database.exec('PRAGMA busy_timeout = 5000; BEGIN EXCLUSIVE');
  console.log('locked');
  setInterval(() => {}, 1000);
`;

/** Takes the database for itself, until it is killed; whatever it had not committed is undone then. */
export async function lockDatabase(path) {
  const child = new Child(OPENCODE_BIN, ['-e', PROGRAM, path], { env: { ...process.env, BUN_BE_BUN: '1' } });
  await until('the database to be locked', () => {
    if (child.hasEnded) throw final(child.tail());
    return child.output.includes('locked');
  }, { seen: () => child.tail() });
  return child;
}
