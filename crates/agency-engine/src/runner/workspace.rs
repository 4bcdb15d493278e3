//! What a runner works with: the pipeline's worktree and its private OpenCode server, which `boot` starts ahead of need.

use super::{Runner, RunnerError, repair};
use agency_domain::agents::{Agent, AgentServer};
use agency_domain::pipelines::{AttemptStatus, Observation, Pipeline, Step};
use agency_domain::repositories::{RepositoryError, WorktreeStatus};
use agency_domain::{AttemptId, CommitId, StepId};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) struct Workspace {
    pub(super) worktree: PathBuf,
    pub(super) server: Arc<dyn AgentServer>,
    pub(super) agents: Vec<Agent>,
    /// How many it was made for so far.
    pub(super) attempts: u32,
}

impl Workspace {
    pub(super) fn agent(&self, name: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.name.as_str() == name)
    }
}

impl Runner {
    /// The workspace, made where there is none; the worktree is as the last good attempt left it.
    pub(super) async fn workspace(&mut self, pipeline: &Pipeline, step: StepId, next: AttemptId) -> Result<&Workspace, RunnerError> {
        self.recycle(step).await?;
        self.boot_ahead(pipeline).await?;
        let worktree = self.prepare_worktree(pipeline, step, next).await?;
        if self.workspace.is_none() {
            let (server, agents) = self.booted_server(pipeline, &worktree).await?;
            self.observe(Some(step), None, Observation::OpencodeStarted { version: server.version() }).await?;
            self.workspace = Some(Workspace { worktree, server, agents, attempts: 0 });
        }
        let workspace = self.workspace.as_mut().expect("made above");
        workspace.attempts += 1;
        Ok(workspace)
    }

    /// Drops a server that is lost or does not obey; the next attempt gets a new one.
    pub(super) async fn drop_server(&mut self) {
        if let Some(workspace) = self.workspace.take() {
            workspace.server.stop().await;
        }
    }

    pub(super) fn worktree_path(&self, pipeline: &Pipeline) -> PathBuf {
        self.shared.worktree_of(pipeline)
    }

    pub(super) async fn prepare_worktree(&self, pipeline: &Pipeline, step: StepId, next: AttemptId) -> Result<PathBuf, RunnerError> {
        let path = self.worktree_path(pipeline);
        let first = pipeline.attempts_in_order().is_empty();
        if first || !path.exists() {
            self.make_worktree(pipeline, &path).await?;
            let what = Observation::WorktreePrepared { path: path.to_string_lossy().into_owned(), branch: pipeline.branch.clone() };
            self.observe(Some(step), None, what).await?;
        }
        let status = self.status_of(pipeline, &path).await?;
        let on_branch = status.branch.as_deref() == Some(pipeline.branch.as_str());
        if on_branch && status.head == pipeline.head_commit && status.changed.is_empty() {
            return Ok(path);
        }
        if !on_branch || !(left_by_an_attempt(pipeline) || begins_afresh(pipeline, step)) {
            return Err(repair::changed(pipeline, &path, &status));
        }
        let reference = format!("refs/agency/{}/before-attempt-{next}", pipeline.id);
        self.set_aside((step, None), &path, &pipeline.head_commit, reference).await?;
        Ok(path)
    }

    /// Keeps what the branch at `keep` does not have under a ref, and puts the worktree back. The log names the ref before it is there: a kill in
    /// between leaves none that nobody knows of.
    pub(super) async fn set_aside(
        &self,
        (step, attempt): (StepId, Option<AttemptId>),
        worktree: &Path,
        keep: &CommitId,
        reference: String,
    ) -> Result<(), RunnerError> {
        self.observe(Some(step), attempt, Observation::PreservationBegun { reference: reference.clone() }).await?;
        if let Some(commit) = self.shared.ports.repositories.preserve_and_reset(worktree, keep, &reference).await? {
            self.observe(Some(step), attempt, Observation::WorkPreserved { reference, commit }).await?;
        }
        Ok(())
    }

    /// Of a branch that stands where an attempt has left it, too: a retry of an earlier step takes it back from there, and keeps what comes after.
    async fn make_worktree(&self, pipeline: &Pipeline, path: &Path) -> Result<(), RunnerError> {
        let attempts = pipeline.attempts_in_order();
        let left =
            attempts.iter().rev().filter_map(|(_, attempt)| attempt.head_commit.as_ref()).filter(|head| **head != pipeline.head_commit);
        let mut taken = None;
        for head in std::iter::once(&pipeline.head_commit).chain(left) {
            match self.shared.ports.repositories.ensure_worktree(pipeline.repo.as_ref(), path, &pipeline.branch, head).await {
                Ok(()) => return Ok(()),
                Err(RepositoryError::Vanished { .. }) => return Err(repair::vanished(pipeline, path)),
                Err(error @ RepositoryError::BranchExists { .. }) => taken = taken.or(Some(error)),
                Err(error) => return Err(error.into()),
            }
        }
        Err(taken.expect("tried at least once").into())
    }

    async fn status_of(&self, pipeline: &Pipeline, worktree: &Path) -> Result<WorktreeStatus, RunnerError> {
        let repositories = &self.shared.ports.repositories;
        match repositories.status(worktree).await {
            Err(RepositoryError::Vanished { .. }) if repositories.branch_exists(pipeline.repo.as_ref(), &pipeline.branch).await? => {
                Err(repair::vanished(pipeline, worktree))
            }
            Err(RepositoryError::Vanished { .. }) => Err(repair::branch_gone(pipeline)),
            other => Ok(other?),
        }
    }

    /// The agents as the pipeline found them when it was created. One that has kept none, for it is older than that, gets those of today.
    pub(super) async fn agents_of(&self, pipeline: &Pipeline) -> Result<Vec<Agent>, RunnerError> {
        let kept = self.shared.ports.store.agents(pipeline.id).await?;
        if !kept.is_empty() {
            return Ok(kept.into_iter().map(|kept| kept.agent).collect());
        }
        let entries = self.shared.ports.catalog.agents(Some(pipeline.repo.as_ref())).await?;
        let mut agents: Vec<Agent> = Vec::new();
        for name in pipeline.steps.iter().filter_map(agency_domain::pipelines::Step::agent) {
            if agents.iter().any(|agent| agent.name == *name) {
                continue;
            }
            let entry = entries.iter().find(|entry| entry.name == name.as_str()).ok_or_else(|| RunnerError::AgentGone(name.to_string()))?;
            agents.push(entry.item.clone()?);
        }
        Ok(agents)
    }
}

/// Whether the step was retried: the branch goes back to where its last attempt began, and what came after is kept under a ref.
fn begins_afresh(pipeline: &Pipeline, step: StepId) -> bool {
    let attempts = |step: &Step| u32::try_from(step.attempts.len()).unwrap_or(u32::MAX);
    pipeline.step(step).is_some_and(|step| step.tries_from > 0 && step.tries_from == attempts(step))
}

/// Whether the newest attempt ended without handing over a clean tree; what lies in the worktree is then its rest.
fn left_by_an_attempt(pipeline: &Pipeline) -> bool {
    pipeline.attempts_in_order().last().is_some_and(|(_, attempt)| match attempt.status {
        AttemptStatus::Failed(_) | AttemptStatus::Interrupted | AttemptStatus::Cancelled => true,
        AttemptStatus::Succeeded | AttemptStatus::Starting | AttemptStatus::Running | AttemptStatus::Finishing => false,
    })
}
