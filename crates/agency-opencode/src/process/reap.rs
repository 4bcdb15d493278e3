//! Ending every process that carries a pipeline's mark, or a check's.
//!
//! OpenCode leaves its shell commands alive when it dies, in process groups of their own. They inherit the environment, so a mark in it finds
//! them, whoever their parent is by now.

use agency_domain::PipelineId;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// The variable that carries a pipeline's mark.
const PIPELINE: &str = "THEAGENCY_PIPELINE";
/// The variable that carries a check's mark, beside its pipeline's.
const CHECK: &str = "THEAGENCY_CHECK";
/// Enough that no two are ever alike.
const CHECK_BYTES: usize = 16;
/// A killed process is gone at once, unless the kernel is busy with its disk.
const GONE_WITHIN: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A process that is just being started shows no environment for a moment, so one look that finds nothing is not enough.
pub(crate) const EMPTY_LOOKS: usize = 2;

/// What the processes of one pipeline, or of all pipelines, of one data directory carry; or those of one check, which is no reason to end
/// its pipeline's server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    variable: &'static str,
    /// Ends in `-` where it stands for all pipelines.
    value: String,
}

impl Mark {
    /// The mark of one pipeline.
    pub(crate) fn new(data_dir: &Path, pipeline: PipelineId) -> Self {
        let Self { variable, value } = Self::of_all(data_dir);
        Self { variable, value: format!("{value}{pipeline}") }
    }

    /// Finds the processes of all pipelines. The data directory is part of it, so that two installations on a machine never end each
    /// other's processes.
    pub(crate) fn of_all(data_dir: &Path) -> Self {
        let digest = Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
        Self { variable: PIPELINE, value: format!("{}-", hex(&digest[..8])) }
    }

    /// The mark of a new check.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub(crate) fn of_check() -> Result<Self, getrandom::Error> {
        let mut random = [0; CHECK_BYTES];
        getrandom::fill(&mut random)?;
        Ok(Self { variable: CHECK, value: hex(&random) })
    }

    /// The variable and its value.
    pub(crate) fn variable(&self) -> (&'static str, &str) {
        (self.variable, &self.value)
    }

    /// Kills what carries the mark and returns once it is gone, with how many there were.
    pub(crate) async fn reap(&self) -> io::Result<usize> {
        let deadline = Instant::now() + GONE_WITHIN;
        let mut seen = HashSet::new();
        let mut empty_looks = 0;
        loop {
            let mark = self.clone();
            let alive = tokio::task::spawn_blocking(move || mark.carriers()).await.map_err(io::Error::other)??;
            empty_looks = if alive.is_empty() { empty_looks + 1 } else { 0 };
            if empty_looks == EMPTY_LOOKS {
                return Ok(seen.len());
            }
            if !alive.is_empty() && Instant::now() > deadline {
                return Err(io::Error::other(format!("{} processes do not end", alive.len())));
            }
            for pid in alive {
                seen.insert(pid);
                // One that has ended meanwhile is what we want.
                let _ended = kill(pid, Signal::SIGKILL);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Processes that carry the mark, this one excepted. Where the system has no `/proc`, none are found.
    pub(crate) fn carriers(&self) -> io::Result<Vec<Pid>> {
        let processes = match std::fs::read_dir("/proc") {
            Ok(processes) => processes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let own = Pid::this();
        let pids = processes.filter_map(|process| process.ok()?.file_name().to_str()?.parse().ok().map(Pid::from_raw));
        Ok(pids.filter(|pid| *pid != own && self.is_carried_by(*pid)).collect())
    }

    fn is_carried_by(&self, pid: Pid) -> bool {
        // Others' processes cannot be read, and a process that has ended has no environment.
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let entries = environment.split(|byte| *byte == 0);
        let mut values = entries.filter_map(|entry| entry.strip_prefix(self.variable.as_bytes())?.strip_prefix(b"="));
        let stands_for_all = self.value.ends_with('-');
        values.any(|value| value == self.value.as_bytes() || stands_for_all && value.starts_with(self.value.as_bytes()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn sleeper(mark: &Mark) -> std::process::Child {
        let (name, value) = mark.variable();
        let mut command = Command::new("sleep");
        command.arg("60").env(name, value).stdin(Stdio::null()).spawn().unwrap()
    }

    #[tokio::test]
    async fn only_what_carries_the_mark_is_ended() {
        let directory = tempfile::tempdir().unwrap();
        let (ours, theirs) = (Mark::new(directory.path(), PipelineId(1)), Mark::new(directory.path(), PipelineId(11)));
        let (mut marked, mut other) = (sleeper(&ours), sleeper(&theirs));
        assert_eq!(ours.reap().await.unwrap(), 1);
        assert!(!marked.wait().unwrap().success());
        assert!(other.try_wait().unwrap().is_none(), "another pipeline's process lives on");
        let elsewhere = tempfile::tempdir().unwrap();
        assert_eq!(Mark::of_all(elsewhere.path()).reap().await.unwrap(), 0);
        assert_eq!(Mark::of_all(directory.path()).reap().await.unwrap(), 1);
        other.wait().unwrap();
    }

    #[test]
    fn marks_of_two_data_directories_differ() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_ne!(Mark::new(one.path(), PipelineId(1)), Mark::new(two.path(), PipelineId(1)));
    }
}
