//! The processes of one check: those of its process group, and those that carry its mark, which have left the group.

use crate::process::{EMPTY_LOOKS, Mark};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::Instant;

/// How long a polite end may take before the kill.
const TERM_WITHIN: Duration = Duration::from_secs(2);
/// A killed process is gone at once, unless the kernel is busy with its disk.
const KILL_WITHIN: Duration = Duration::from_secs(5);
/// One look reads two small files of each process of the machine.
const LOOK_EVERY: Duration = Duration::from_millis(30);
/// Whether the system says which processes there are.
const HAS_PROC: bool = cfg!(target_os = "linux");

/// What a check has started. Dropping it kills the group where it was not ended before; [`Group::kill`] also reaches what has left it.
pub(super) struct Group {
    /// The command itself; its id is also the group's.
    leader: Pid,
    mark: Mark,
    is_over: bool,
}

impl Group {
    pub(super) fn new(leader: Pid, mark: Mark) -> Self {
        Self { leader, mark, is_over: false }
    }

    /// Asks all of them to end, and kills those that do not.
    pub(super) async fn end(&mut self) {
        if !self.is_gone_within(Signal::SIGTERM, TERM_WITHIN).await {
            self.kill().await;
        }
        self.is_over = true;
    }

    /// Kills all of them and returns when they are gone.
    pub(super) async fn kill(&mut self) {
        if !self.is_gone_within(Signal::SIGKILL, KILL_WITHIN).await {
            tracing::warn!(group = self.leader.as_raw(), "processes of a check do not end");
        }
        self.is_over = true;
    }

    /// Sends each process the signal once and waits. Those that are started meanwhile get it too.
    async fn is_gone_within(&self, signal: Signal, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut told: HashSet<Pid> = HashSet::new();
        let mut empty_looks = 0;
        loop {
            let alive = self.alive().await;
            empty_looks = if alive.is_empty() { empty_looks + 1 } else { 0 };
            if empty_looks == EMPTY_LOOKS {
                return true;
            }
            for pid in alive {
                if told.insert(pid) {
                    // One that has ended meanwhile is what we want.
                    let _ended = if HAS_PROC { kill(pid, signal) } else { killpg(pid, signal) };
                }
            }
            if Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// All processes of the check that live. Where the system has no `/proc`, the leader stands for the whole group.
    async fn alive(&self) -> HashSet<Pid> {
        let (leader, mark) = (self.leader, self.mark.clone());
        if !HAS_PROC {
            return killpg(leader, None).is_ok().then_some(leader).into_iter().collect();
        }
        let look = move || {
            let mut alive: HashSet<Pid> = members(leader).unwrap_or_default().into_iter().collect();
            alive.extend(mark.carriers().unwrap_or_default());
            alive
        };
        match tokio::task::spawn_blocking(look).await {
            Ok(alive) => alive,
            // The program is ending, and there is no time to look.
            Err(_ending) => {
                let _gone = killpg(leader, Signal::SIGKILL);
                HashSet::new()
            }
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_over {
            let _gone = killpg(self.leader, Signal::SIGKILL);
        }
    }
}

/// Processes of a group, without those that have ended and that nobody has asked for their status.
fn members(group: Pid) -> std::io::Result<Vec<Pid>> {
    let processes = std::fs::read_dir("/proc")?;
    let pids = processes.filter_map(|process| process.ok()?.file_name().to_str()?.parse().ok().map(Pid::from_raw));
    Ok(pids.filter(|pid| is_member(*pid, group).unwrap_or(false)).collect())
}

/// Reads `PID (NAME) STATE PARENT GROUP …`; the name may hold anything. `None` where the process is gone.
fn is_member(pid: Pid, group: Pid) -> Option<bool> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_name, rest) = status.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let (state, _parent, of) = (fields.next()?, fields.next()?, fields.next()?);
    Some(state != "Z" && of.parse() == Ok(group.as_raw()))
}
