//! The port `CheckRunner`: a template's commands, run in a worktree on this machine.
//!
//! Knows nothing of OpenCode's protocol; it is here because commands get what agents' commands get: the same environment, the same private
//! home and the same mark, by which whatever outlives theAgency is found.

mod group;
mod output;
mod runner;
mod suggest;

use crate::environment;
use crate::home::{Home, create_private};
use crate::process::Mark;
use agency_domain::PipelineId;
use agency_domain::checks::{CheckError, CheckRequest, CheckRunner, RunningCheck};
use async_trait::async_trait;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Runs checks as processes of this machine.
pub struct LocalChecks {
    data_dir: PathBuf,
}

impl LocalChecks {
    /// `data_dir` is the one that OpenCode's settings name: the marks of processes are made of it, so that
    /// [`reap`](agency_domain::agents::AgentRuntime::reap) finds what a command has left. Looks at nothing yet.
    pub fn new(data_dir: PathBuf) -> Self {
        Self { data_dir: std::path::absolute(&data_dir).unwrap_or(data_dir) }
    }

    /// What a command gets of its environment: never a key, never a password.
    fn environment(&self, pipeline: PipelineId, own: &Mark) -> std::io::Result<Vec<(OsString, OsString)>> {
        let home = Home::of_commands(&self.data_dir, pipeline);
        create_private(&home)?;
        let marks = [&Mark::new(&self.data_dir, pipeline), own];
        Ok(environment::command(&home, &marks, |name| std::env::var_os(name)))
    }
}

#[async_trait]
impl CheckRunner for LocalChecks {
    async fn suggested(&self, worktree: &Path) -> Option<String> {
        let worktree = worktree.to_owned();
        tokio::task::spawn_blocking(move || suggest::suggested(&worktree)).await.ok().flatten()
    }

    async fn start(&self, request: CheckRequest) -> Result<Box<dyn RunningCheck>, CheckError> {
        let own = Mark::of_check().map_err(|error| CheckError(format!("the system gives no random bytes: {error}")))?;
        let environment = self.environment(request.pipeline, &own).map_err(|error| {
            let home = Home::of_commands(&self.data_dir, request.pipeline);
            CheckError(format!("its home {} cannot be made: {error}", home.display()))
        })?;
        runner::start(&request, environment, own).map(|running| Box::new(running) as Box<dyn RunningCheck>)
    }
}

#[cfg(test)]
mod tests;
