// Another program that holds a database, or changes it. OpenCode's binary has a SQLite of its own inside, so that the tests need none.

import { execFileSync } from 'node:child_process';
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

const CHANGE = `
  const { Database } = require('bun:sqlite');
  const [path, statement] = process.argv.slice(-2);
  console.log(new Database(path).run(statement).changes);
`;

const asBun = { ...process.env, BUN_BE_BUN: '1' };

/** Carries a statement out, behind the server's back, and answers how many rows it changed. */
export function changeDatabase(path, statement) {
  return Number(execFileSync(OPENCODE_BIN, ['-e', CHANGE, path, statement], { env: asBun, encoding: 'utf8' }));
}

/** Takes the database for itself, until it is killed; whatever it had not committed is undone then. */
export async function lockDatabase(path) {
  const child = new Child(OPENCODE_BIN, ['-e', PROGRAM, path], { env: asBun });
  await until('the database to be locked', () => {
    if (child.hasEnded) throw final(child.tail());
    return child.output.includes('locked');
  }, { seen: () => child.tail() });
  return child;
}
