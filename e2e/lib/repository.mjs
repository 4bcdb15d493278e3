// Git repositories as users have them: some history, something uncommitted, and hooks that must never run.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import assert from 'node:assert/strict';

/** Hooks that git runs by itself around commits, checkouts and moving refs. */
const HOOKS = ['pre-commit', 'prepare-commit-msg', 'commit-msg', 'post-commit', 'post-checkout', 'reference-transaction', 'post-index-change', 'fsmonitor-watchman'];

export class Repository {
  constructor(path) {
    this.path = path;
  }

  /** A repository without a commit. */
  static empty(path) {
    const repository = new Repository(path);
    mkdirSync(path, { recursive: true });
    repository.git('init', '--quiet', '--initial-branch=main');
    repository.git('config', 'user.name', 'A Developer');
    repository.git('config', 'user.email', 'developer@example.org');
    return repository;
  }

  /** Three commits, a second branch, a tag; and in the checkout one staged, one changed and one new file. */
  static withHistory(path) {
    const repository = Repository.empty(path);
    repository.write('README.md', '# Greetings\n');
    repository.commit('Begin');
    repository.write('greet.sh', '#!/bin/sh\necho "Hello, $1"\n');
    repository.write('naïve dir/file with spaces.txt', 'ünïcode\n');
    repository.commit('Greet');
    repository.git('branch', 'stable');
    repository.git('tag', 'v1');
    repository.write('README.md', '# Greetings\n\nUse greet.sh.\n');
    repository.commit('Explain');
    repository.write('staged.txt', 'staged\n');
    repository.git('add', 'staged.txt');
    repository.write('greet.sh', '#!/bin/sh\necho "Hi, $1"\n');
    repository.write('notes.tmp', 'untracked\n');
    return repository;
  }

  git(...parameters) {
    return execFileSync('git', ['-C', this.path, '--no-optional-locks', ...parameters], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
  }

  write(file, content) {
    mkdirSync(dirname(join(this.path, file)), { recursive: true });
    writeFileSync(join(this.path, file), content);
  }

  commit(message) {
    this.git('add', '--all');
    this.git('commit', '--quiet', '-m', message);
    return this.head();
  }

  head(name = 'HEAD') {
    return this.git('rev-parse', '--verify', name);
  }

  /** Hooks and a fsmonitor that tell on whoever runs them. */
  plantTraps() {
    this.trap = `${this.path}.trap`;
    for (const hook of HOOKS) {
      const path = join(this.path, '.git', 'hooks', hook);
      writeFileSync(path, `#!/bin/sh\necho "${hook}" >>'${this.trap}'\n`);
      chmodSync(path, 0o755);
    }
    this.git('config', 'core.fsmonitor', join(this.path, '.git', 'hooks', 'fsmonitor-watchman'));
    this.git('config', 'commit.gpgSign', 'true');
    this.git('config', 'diff.external', join(this.path, '.git', 'hooks', 'pre-commit'));
  }

  /** What of this checkout must stay as it is, byte for byte. */
  snapshot() {
    const file = (name) => {
      const path = join(this.path, '.git', name);
      return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'none';
    };
    // Asked with the traps switched off: the question itself must not set them off.
    const ask = (...parameters) => this.git('-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', ...parameters);
    const refs = ask('for-each-ref', '--format=%(refname) %(objectname)').split('\n').filter((line) => !/^refs\/(heads\/)?agency\//.test(line));
    return {
      head: readFileSync(join(this.path, '.git', 'HEAD'), 'utf8'),
      status: ask('status', '--porcelain=v2', '--ignored', '--untracked-files=all'),
      index: [file('index'), statSync(join(this.path, '.git', 'index'), { throwIfNoEntry: false })?.mtimeMs],
      config: file('config'),
      refs,
    };
  }

  /** Remembers the checkout as it is now, for `expectUntouched`. */
  remember() {
    this.before = this.snapshot();
    return this;
  }

  expectUntouched() {
    if (!this.before) return;
    assert.deepEqual(this.snapshot(), this.before, `the user's checkout ${this.path} has changed`);
    if (this.trap) assert.ok(!existsSync(this.trap), `hooks or programs of the repository ran: ${existsSync(this.trap) && readFileSync(this.trap, 'utf8')}`);
  }

  /** The commits of a branch that its base has not, oldest first: `{id, subject, trailers}`. */
  commits(branch, base) {
    const format = '%H%x1f%s%x1f%an%x1f%(trailers:only,unfold)%x1e';
    return this.git('log', '--reverse', `--format=${format}`, `${base}..${branch}`)
      .split('\x1e')
      .map((record) => record.trim())
      .filter(Boolean)
      .map((record) => {
        const [id, subject, author, trailers] = record.split('\x1f');
        const pairs = trailers.trim().split('\n').filter(Boolean).map((line) => line.split(': '));
        return { id, subject, author, trailers: Object.fromEntries(pairs) };
      });
  }

  /** Content of a file on a branch. */
  show(branch, file) {
    return this.git('show', `${branch}:${file}`);
  }
}
