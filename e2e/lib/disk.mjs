// A small disk of a test's own, which can be filled and emptied. Where nobody may mount one, the processes that write to it may not make files
// beyond a size, which they meet as the same kind of error.

import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const CHUNK = Buffer.alloc(64 * 1024, 1);
const MEGABYTES = 24;
/** Set to see how the tests do where nobody may mount. */
const MAY_MOUNT = !process.env.AGENCY_E2E_WITHOUT_MOUNT;

export class Disk {
  /**
   * A disk at `path`, for what `server` (which does not run yet) or its `git` writes there. Where it is no real one, files of `blocks` of 512 bytes
   * fit on it when it is full: git says why it could not write a file of a tree, and not why it could not write a ref.
   */
  static make(path, server, { writer, blocks = 0 }) {
    const disk = new Disk();
    Object.assign(disk, { path, server, writer, blocks, filler: join(path, 'filler') });
    mkdirSync(path, { recursive: true });
    disk.isMounted = MAY_MOUNT && spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'tmpfs', path]).status === 0;
    if (!disk.isMounted && writer === 'server') server.wrapper = ['sh', '-c', 'trap "" XFSZ; exec "$0" "$@"'];
    if (!disk.isMounted && writer === 'git') disk.limitGit();
    return disk;
  }

  /** Puts a git before the real one that writes no file while the disk counts as full. */
  limitGit() {
    const tools = join(this.server.directory, 'tools');
    const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    this.flag = join(tools, 'full');
    mkdirSync(tools);
    writeFileSync(join(tools, 'git'), `#!/bin/sh\nif [ -e '${this.flag}' ]; then trap '' XFSZ; ulimit -f ${this.blocks}; fi\nexec '${real}' "$@"\n`, { mode: 0o755 });
    this.server.environment.PATH = tools + delimiter + this.server.environment.PATH;
  }

  /** Leaves not a byte. */
  fill() {
    if (this.isMounted) writeUntilFull(this.filler);
    else if (this.writer === 'git') writeFileSync(this.flag, '');
    else this.limitServer('1:unlimited');
  }

  /** Makes room again. */
  free() {
    if (this.isMounted) rmSync(this.filler, { force: true });
    else if (this.writer === 'git') rmSync(this.flag);
    else this.limitServer('unlimited:unlimited');
  }

  /** How large the server may make files from now on. */
  limitServer(size) {
    execFileSync('prlimit', ['--pid', String(this.server.child.pid), `--fsize=${size}`]);
  }

  close() {
    if (this.isMounted) execFileSync('umount', ['--lazy', this.path]);
  }
}

function writeUntilFull(path) {
  const file = openSync(path, 'w');
  try {
    for (let size = CHUNK.length; size >= 512; ) {
      try {
        if (writeSync(file, CHUNK, 0, size) < size) size /= 2;
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error;
        size /= 2;
      }
    }
  } finally {
    closeSync(file);
  }
}
