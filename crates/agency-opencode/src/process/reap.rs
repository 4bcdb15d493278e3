//! Ending every process that carries a pipeline's mark, or a check's.
//!
//! OpenCode leaves its shell commands alive when it dies, in process groups of their own. They inherit the environment, so a mark in it finds
//! them, whoever their parent is by now.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fmt::Display;
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
    /// The mark of one pipeline, or question.
    pub(crate) fn new(data_dir: &Path, owner: impl Display) -> Self {
        let Self { variable, value } = Self::of_all(data_dir);
        Self { variable, value: format!("{value}{owner}") }
    }

    /// Finds the processes of all pipelines and questions. The data directory is part of it, so that two installations on a machine never end each
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
        self.reap_with(Self::carriers).await
    }

    /// The same, apart from checks: a server starts and ends while one runs.
    pub(crate) async fn reap_beside_checks(&self) -> io::Result<usize> {
        let is_of_a_check = |pid: &Pid| values_of(*pid, CHECK).next().is_some();
        self.reap_with(move |mark| Ok(mark.carriers()?.into_iter().filter(|pid| !is_of_a_check(pid)).collect())).await
    }

    async fn reap_with(&self, find: impl Fn(&Self) -> io::Result<Vec<Pid>> + Copy + Send + 'static) -> io::Result<usize> {
        let deadline = Instant::now() + GONE_WITHIN;
        let mut seen = HashSet::new();
        let mut empty_looks = 0;
        loop {
            let mark = self.clone();
            let alive = tokio::task::spawn_blocking(move || find(&mark)).await.map_err(io::Error::other)??;
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
        let stands_for_all = self.value.ends_with('-');
        let fits = |value: Vec<u8>| value == self.value.as_bytes() || stands_for_all && value.starts_with(self.value.as_bytes());
        values_of(pid, self.variable).any(fits)
    }
}

/// What a variable says in a process. Others' processes cannot be read, and a process that has ended has no environment.
fn values_of(pid: Pid, variable: &'static str) -> impl Iterator<Item = Vec<u8>> {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let entries: Vec<Vec<u8>> = environment.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    entries.into_iter().filter_map(move |entry| Some(entry.strip_prefix(variable.as_bytes())?.strip_prefix(b"=")?.to_vec()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_domain::PipelineId;
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

    #[tokio::test]
    async fn a_check_is_spared_where_a_server_is_meant() {
        let directory = tempfile::tempdir().unwrap();
        let (pipeline, check) = (Mark::new(directory.path(), PipelineId(1)), Mark::of_check().unwrap());
        let ((name, value), (check_name, check_value)) = (pipeline.variable(), check.variable());
        let mut checking = Command::new("sleep").arg("60").envs([(name, value), (check_name, check_value)]).spawn().unwrap();
        let mut serving = sleeper(&pipeline);
        assert_eq!(pipeline.reap_beside_checks().await.unwrap(), 1);
        assert!(!serving.wait().unwrap().success());
        assert!(checking.try_wait().unwrap().is_none(), "the check lives on");
        assert_eq!(pipeline.reap().await.unwrap(), 1);
        checking.wait().unwrap();
    }

    #[test]
    fn marks_of_two_data_directories_differ() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_ne!(Mark::new(one.path(), PipelineId(1)), Mark::new(two.path(), PipelineId(1)));
    }
}
