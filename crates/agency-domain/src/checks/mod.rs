//! Checks: commands that must exit with 0, and the port that runs them.

use crate::PipelineId;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// How long a command may take where its template does not say.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(600);

/// Most bytes of a command's output that are kept for whoever mends what failed: its end, where tools say what went wrong.
pub const TAIL_BYTES_MAX: usize = 8_000;

/// A command that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    pub command: String,
    pub end: CheckEnd,
    pub duration_ms: u64,
    /// The end of what it printed, at most [`TAIL_BYTES_MAX`] bytes; the transcript has more of it.
    pub tail: String,
}

impl CheckRun {
    /// Whether it exited with 0.
    pub fn passed(&self) -> bool {
        self.end == CheckEnd::Exited { code: 0 }
    }

    /// What became of it, as the end of a sentence: `exited with 1`.
    pub fn outcome(&self) -> String {
        match &self.end {
            CheckEnd::Exited { code } => format!("exited with {code}"),
            CheckEnd::TimedOut { seconds } => format!("took longer than {seconds} s and was ended"),
            CheckEnd::Killed => "was killed by a signal".to_owned(),
            CheckEnd::NotStarted { message } => format!("could not be started: {message}"),
        }
    }
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum CheckEnd {
    Exited { code: i32 },
    TimedOut { seconds: u64 },
    Killed,
    NotStarted { message: String },
}

/// A command to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRequest {
    /// Whose processes they are, so that none outlives its pipeline.
    pub pipeline: PipelineId,
    pub worktree: PathBuf,
    /// As a shell takes it.
    pub command: String,
    pub timeout: Duration,
}

/// Runs commands in worktrees.
#[async_trait]
pub trait CheckRunner: Send + Sync {
    /// The command by which the files of a worktree suggest to test it; `None` where they suggest none.
    async fn suggested(&self, worktree: &Path) -> Option<String>;

    /// Starts a command in a process group of its own, with the environment that agents have.
    async fn start(&self, request: CheckRequest) -> Result<Box<dyn RunningCheck>, CheckError>;
}

/// A command under way. Dropping it ends the command and everything that it started.
#[async_trait]
pub trait RunningCheck: Send {
    /// What comes next; nothing after [`CheckNews::Ended`]. Dropping the future loses nothing.
    async fn next(&mut self) -> CheckNews;
}

/// What a running command says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckNews {
    /// More of standard output and standard error, as they came; what is no UTF-8 is replaced.
    Output(String),
    Ended(CheckEnd),
}

/// A command that could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct CheckError(pub String);
