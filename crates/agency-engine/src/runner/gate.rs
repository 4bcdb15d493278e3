//! Gates: what an approval is bound to, and whether that still stands when the run goes on behind it.

use super::{Runner, RunnerError, hex, repair};
use agency_domain::StepId;
use agency_domain::approvals::Approval;
use agency_domain::pipelines::{Command, Pipeline};
use agency_domain::repositories::{RepositoryError, WorktreeStatus};
use sha2::{Digest, Sha256};

/// What a person decides on, part by part, in the order of a digest.
const PARTS: [&str; 4] = ["diff", "hand-offs", "criteria", "template"];
/// Hex digits of each part: 96 bits, so that no two states of one pipeline meet by chance.
const PART_DIGITS: usize = 24;

impl Runner {
    pub(super) async fn open_approval(&self, pipeline: &Pipeline, step: StepId) -> Result<(), RunnerError> {
        let approval = self.shared.ports.ids.approval();
        if let Some(status) = self.worktree_status(pipeline).await?
            && status.head != pipeline.head_commit
        {
            return Err(repair::changed(pipeline, &self.worktree_path(pipeline), &status));
        }
        let digest = digest_of(pipeline, pipeline.head_commit.as_str());
        self.command(|_| Command::OpenApproval { step, approval, digest: digest.clone() }).await.map(|_| ())
    }

    /// Whether what was approved last has changed since; its gate is open again then, and says what.
    pub(super) async fn gate_opened_again(&self, pipeline: &Pipeline) -> Result<bool, RunnerError> {
        let Some(Approval { id, digest, .. }) = pipeline.approval_passed_last() else { return Ok(false) };
        // As recorded, where there is no worktree to look at.
        let head = self.worktree_status(pipeline).await?.map_or_else(|| pipeline.head_commit.clone(), |status| status.head);
        let now = digest_of(pipeline, head.as_str());
        if *digest == now {
            return Ok(false);
        }
        let (approval, changed) = (*id, what_changed(digest, &now));
        self.command(|_| Command::ReopenApproval { approval, changed: changed.clone() }).await?;
        Ok(true)
    }

    /// How the worktree stands in git; `None` where there is none.
    async fn worktree_status(&self, pipeline: &Pipeline) -> Result<Option<WorktreeStatus>, RunnerError> {
        match self.shared.ports.repositories.status(&self.worktree_path(pipeline)).await {
            Ok(status) => Ok(Some(status)),
            Err(RepositoryError::Vanished { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// One hash for each part, joined by dots.
fn digest_of(pipeline: &Pipeline, head: &str) -> String {
    let mut handoffs = Sha256::new();
    for (_, attempt) in pipeline.attempts_in_order() {
        if let Some(handoff) = &attempt.handoff {
            handoffs.update(handoff.id.to_string());
            handoffs.update(&handoff.content_md);
        }
    }
    let criteria = Sha256::digest(serde_json::to_vec(&pipeline.criteria).unwrap_or_default());
    let plan: Vec<_> = pipeline.steps.iter().map(|step| (&step.plan.kind, &step.plan.description, &step.plan.settings)).collect();
    let template = Sha256::digest(serde_json::to_vec(&plan).unwrap_or_default());
    let parts = [Sha256::digest(head), handoffs.finalize(), criteria, template];
    parts.map(|hash| hex(&hash).chars().take(PART_DIGITS).collect::<String>()).join(".")
}

/// The parts that differ; all of them, where the older digest has another form.
fn what_changed(before: &str, now: &str) -> Vec<String> {
    let old: Vec<&str> = before.split('.').collect();
    let differs = |index: usize, part: &str| old.len() != PARTS.len() || old[index] != part;
    now.split('.').enumerate().filter(|(index, part)| differs(*index, part)).map(|(index, _)| PARTS[index].to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::what_changed;

    #[test]
    fn each_part_that_differs_is_named() {
        assert_eq!(what_changed("a.b.c.d", "a.x.c.y"), ["hand-offs", "template"]);
        assert_eq!(what_changed("one hash of an older version", "a.b.c.d").len(), 4);
    }
}
