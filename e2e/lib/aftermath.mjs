// What must hold when the kills are over: looked at from outside, in the API, in git and among the processes. Answers faults, a sentence each.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { attemptsOf, told } from './api.mjs';

const ENDS = ['succeeded', 'failed', 'cancelled'];
/** Events that end an attempt. */
const ENDINGS = ['attempt_succeeded', 'attempt_failed', 'attempt_interrupted', 'attempt_cancelled'];

/** Whether nothing is left to do but by a person. */
export const isAtRest = ({ status }) => [...ENDS, 'paused', 'waiting_for_approval'].includes(status);

/** Everything that is wrong with a pipeline: its state, its log, its branch, its worktree. */
export async function faultsOf(api, pipeline, repository, worktrees) {
  const audit = await api.audit(pipeline.id);
  const found = [
    ...stateFaults(pipeline),
    ...auditFaults(pipeline, audit),
    ...branchFaults(pipeline, repository),
    ...worktreeFaults(pipeline, repository, worktrees),
  ];
  return found.map((fault) => `pipeline ${pipeline.id}: ${fault}`);
}

function stateFaults(pipeline) {
  const faults = [];
  if (!isAtRest(pipeline)) faults.push(`it neither ended nor waits for a person: ${told(pipeline)}`);
  if (pipeline.status === 'failed') faults.push(`it failed, though nothing in its script does: ${told(pipeline)}`);
  for (const { id, status } of attemptsOf(pipeline)) {
    if (['starting', 'running', 'finishing'].includes(status)) faults.push(`attempt ${id} is ${status}`);
  }
  return faults;
}

/** Each event once and in order, and each attempt begun once and ended as its state says. */
function auditFaults(pipeline, audit) {
  const faults = [];
  const ids = audit.map(({ id }) => id);
  if (ids.some((id, index) => index > 0 && id >= ids[index - 1])) faults.push('its audit log is out of order, or has an event twice');
  if (audit.at(-1)?.event_type !== 'pipeline_created') faults.push('its audit log does not begin with its creation');
  const counts = new Map();
  for (const { event_type: type, payload } of audit) {
    const key = `${payload?.attempt_id} ${ENDINGS.includes(type) ? 'ended' : type}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (ENDINGS.includes(type)) counts.set(`${payload.attempt_id} as`, type.replace('attempt_', ''));
  }
  for (const { id, status } of attemptsOf(pipeline)) {
    const [begun, ended, as] = ['attempt_started', 'ended', 'as'].map((what) => counts.get(`${id} ${what}`) ?? 0);
    if (begun !== 1 || ended !== 1 || as !== status) faults.push(`attempt ${id} is ${status}, and the log says that it began ${begun} times and ended ${ended} times, as ${as}`);
  }
  return faults;
}

/** The branch has the commits of the attempts that were accepted, each once, in order, and no other. */
function branchFaults(pipeline, repository) {
  const accepted = attemptsOf(pipeline).filter(({ status, head_commit: head }) => status === 'succeeded' && head).map(({ id, head_commit: head }) => `${id} ${head}`);
  let commits;
  try {
    commits = repository.commits(pipeline.branch, pipeline.base_commit).map(({ id, trailers }) => `${trailers['Agency-Attempt']} ${id}`);
  } catch (error) {
    // Ended before its first step: there is no branch.
    return accepted.length === 0 && pipeline.steps.every(({ attempts }) => attempts.length === 0) ? [] : [`its branch cannot be read: ${error.message}`];
  }
  return JSON.stringify(commits) === JSON.stringify(accepted) ? [] : [`its branch has [${commits}], and what was accepted is [${accepted}]`];
}

function worktreeFaults(pipeline, repository, worktrees) {
  const name = readdirSync(worktrees).find((entry) => entry.startsWith(`${pipeline.id}-`));
  if (!name) return attemptsOf(pipeline).length === 0 ? [] : ['its worktree is gone'];
  const path = join(worktrees, name);
  const faults = [];
  const ask = (...parameters) => repository.git('-C', path, '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', ...parameters);
  try {
    const gitDir = ask('rev-parse', '--absolute-git-dir');
    if (existsSync(join(gitDir, 'index.lock'))) faults.push('its worktree is locked by a git that is gone');
    const head = ask('rev-parse', 'HEAD');
    if (head !== pipeline.head_commit) faults.push(`its worktree is at ${head}, not at ${pipeline.head_commit}`);
    const last = attemptsOf(pipeline).at(-1);
    const changed = ask('status', '--porcelain');
    if (changed && last?.status === 'succeeded') faults.push(`its worktree has changes that nobody owns: ${changed}`);
  } catch (error) {
    faults.push(`its worktree cannot be read: ${error.message}`);
  }
  return faults;
}

/** Objects and worktrees of a repository are whole. */
export function repositoryFaults(repository) {
  const faults = [];
  try {
    repository.git('fsck', '--no-dangling', '--no-progress');
  } catch (error) {
    faults.push(`${repository.path}: git fsck says ${error.stderr ?? error.message}`);
  }
  const prunable = repository.git('worktree', 'list', '--porcelain').split('\n').filter((line) => line.startsWith('prunable'));
  if (prunable.length > 0) faults.push(`${repository.path}: worktrees are broken: ${prunable}`);
  return faults;
}
