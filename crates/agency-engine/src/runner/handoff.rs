//! From what the agent left to what is recorded: the hand-off is read, the worktree verified, the work committed.

use super::attempt::{AttemptEnd, Visit};
use super::{Runner, RunnerError};
use crate::branch::facts_of;
use crate::prompt::reask;
use agency_domain::CommitId;
use agency_domain::agents::{Access, Prompt, RunEnd, RunReport};
use agency_domain::criteria::BranchFacts;
use agency_domain::handoffs::{Channel, EngineFacts, HandoffRecord, parse_reply, render};
use agency_domain::pipelines::{AttemptFailure, Command, FailureClass, Finished, Observation, Pipeline, RecordedHandoff};
use agency_domain::repositories::{NewCommit, RepositoryError, Snapshot, WorktreeStatus};

/// How often a hand-off is asked for again in the same session: a model that does not get it twice does not get it.
pub(super) const REASKS_MAX: u32 = 2;
/// Longest subject of a commit, in characters.
const SUBJECT_CHARS_MAX: usize = 72;

/// Why there is no hand-off yet.
pub(super) enum Missing {
    /// Asking again may help; the text says what was wrong.
    AskAgain(String),
    Failed(AttemptFailure),
}

impl Runner {
    /// Reads the hand-off: the tool's first, else the reply's.
    pub(super) fn collect(&self, visit: &mut Visit, report: RunReport) -> Result<(HandoffRecord, Channel), Missing> {
        visit.usage = visit.usage.plus(report.usage);
        visit.commands.extend(report.commands);
        match report.end {
            RunEnd::Failed { class, message } => return Err(Missing::Failed(AttemptFailure { class, message })),
            RunEnd::Interrupted | RunEnd::Unknown | RunEnd::Running => {
                let message = "OpenCode lost the run: it is neither finished nor going on".to_owned();
                return Err(Missing::Failed(AttemptFailure { class: FailureClass::OpencodeLost, message }));
            }
            RunEnd::Finished | RunEnd::Incomplete { .. } => {}
        }
        if let Some(submitted) = self.shared.desk.submitted(self.id) {
            return Ok((submitted.record, Channel::Tool));
        }
        let read = parse_reply(&report.reply, visit.expected.verdict_required).map_err(|fault| fault.to_string());
        let judged = read.and_then(|(record, channel)| match visit.expected.fault(&record) {
            Some(fault) => Err(fault),
            None => Ok((record, channel)),
        });
        let judged = match (judged, visit.incomplete.take()) {
            (Err(_), Some(before)) => Ok(before),
            (judged, _) => judged,
        };
        let (record, channel) = judged.map_err(|fault| match report.end {
            RunEnd::Incomplete { reason } => Missing::AskAgain(format!("the model stopped early ({reason}); {fault}")),
            RunEnd::Finished | RunEnd::Running | RunEnd::Failed { .. } | RunEnd::Interrupted | RunEnd::Unknown => Missing::AskAgain(fault),
        })?;
        if let Some(reminder) = self.shared.desk.remind(self.id, &record) {
            visit.incomplete = Some((record, channel));
            return Err(Missing::AskAgain(reminder));
        }
        Ok((record, channel))
    }

    pub(super) async fn ask_again(&self, visit: &mut Visit, fault: &str) -> Result<Prompt, RunnerError> {
        self.observe(Some(visit.step), Some(visit.attempt), Observation::HandoffReasked { fault: fault.to_owned() }).await?;
        visit.recorder.notice(&format!("The hand-off is asked for again: {fault}")).await?;
        Ok(Prompt {
            session: visit.session.clone(),
            message: visit.server.new_message_id(),
            agent: visit.agent.name.clone(),
            model: visit.model.clone(),
            text: reask(fault, visit.expected.verdict_required),
            files: Vec::new(),
        })
    }

    /// Verifies the worktree, commits what changed, and completes the record with what the engine knows.
    pub(super) async fn finish(
        &mut self,
        pipeline: &Pipeline,
        visit: &mut Visit,
        (mut record, channel): (HandoffRecord, Channel),
    ) -> Result<AttemptEnd, RunnerError> {
        let snapshot = match self.worktree_at_rest(visit).await? {
            Ok(snapshot) => snapshot,
            Err(error) => return Ok(git_failure(&error)),
        };
        let status = &snapshot.status;
        if let Some(failure) = self.violation(pipeline, visit, status).await? {
            return Ok(AttemptEnd::Failed(failure));
        }
        let (committed, overlaps) =
            tokio::join!(self.commit(pipeline, visit, &record, &snapshot), self.overlaps(pipeline, &status.changed));
        let head_commit = match committed {
            Ok(commit) => commit,
            Err(error) => return Ok(git_failure(&error)),
        };
        self.warn_of(overlaps?, visit).await?;
        let at = self.shared.ports.clock.now();
        record.engine = EngineFacts {
            files_changed: snapshot.status.changed,
            commands_run: visit.commands.clone(),
            head_commit: head_commit.clone(),
            usage: visit.usage,
            duration_ms: u64::try_from(at.duration_since(visit.started_at).as_millis()).unwrap_or(0),
            unacknowledged: record.silent_about(&visit.expected.to_answer_for),
        };
        let earlier: Vec<&HandoffRecord> = pipeline
            .attempts_in_order()
            .into_iter()
            .filter_map(|(_, attempt)| attempt.handoff.as_ref().map(|handoff| &handoff.record))
            .collect();
        record.number(earlier.into_iter());
        let content_md = render(visit.agent.name.as_str(), &record);
        let branch = self.branch_facts(pipeline, &record, head_commit.as_ref()).await?;
        let handoff = RecordedHandoff { id: self.shared.ports.ids.handoff(), record, channel, content_md, at };
        let verdict_required = visit.expected.verdict_required;
        Ok(AttemptEnd::Succeeded(Box::new(Finished { handoff, head_commit, verdict_required, branch })))
    }

    /// What the agent left in the worktree. Where that is anything, the attempt is finishing: the rest takes its time. Who may change something
    /// most likely has, and is not waited for before that is said.
    async fn worktree_at_rest(&self, visit: &mut Visit) -> Result<Result<Snapshot, RepositoryError>, RunnerError> {
        let reading = visit.reading.take().unwrap_or_else(|| self.read_worktree(visit));
        let (attempt, usage) = (visit.attempt, visit.usage);
        let finishing = self.command(|_| Command::MarkFinishing { attempt, usage });
        let read = if reading.is_finished() || visit.agent.access == Access::ReadOnly {
            let read = reading.await;
            let is_untouched = |snapshot: &Snapshot| snapshot.status.changed.is_empty() && snapshot.status.head == visit.base;
            if !matches!(&read, Ok(Ok(snapshot)) if is_untouched(snapshot)) {
                finishing.await?;
            }
            read
        } else {
            let (read, finishing) = tokio::join!(reading, finishing);
            finishing?;
            read
        };
        match read {
            Ok(read) => Ok(read),
            // It did not come to its end.
            Err(_) => Ok(self.shared.ports.repositories.snapshot(&visit.worktree).await),
        }
    }

    /// What the branch changes, where a hand-off claims that a criterion is met: its evidence is held against it.
    async fn branch_facts(
        &self,
        pipeline: &Pipeline,
        record: &HandoffRecord,
        head_commit: Option<&CommitId>,
    ) -> Result<BranchFacts, RunnerError> {
        let head = head_commit.unwrap_or(&pipeline.head_commit);
        let claims = record.criteria.iter().any(|criterion| !criterion.evidence.is_empty());
        if !claims || *head == pipeline.base_commit {
            return Ok(BranchFacts::default());
        }
        let diff = self.shared.ports.repositories.diff(pipeline.repo.as_ref(), &pipeline.base_commit, head).await?;
        Ok(facts_of(&diff))
    }

    /// What the agent did that its role forbids. Its rest is kept under a ref before the next attempt, as for every failure.
    async fn violation(&self, pipeline: &Pipeline, visit: &Visit, status: &WorktreeStatus) -> Result<Option<AttemptFailure>, RunnerError> {
        let branch = status.branch.as_deref().unwrap_or("no branch");
        if branch != pipeline.branch.as_str() {
            let message = format!("{} left the worktree on {branch} instead of {}", visit.agent.name, pipeline.branch);
            return Ok(Some(AttemptFailure { class: FailureClass::GitError, message }));
        }
        let changed = !status.changed.is_empty() || status.head != visit.base;
        if visit.agent.access == Access::ReadOnly && changed {
            let what =
                if status.changed.is_empty() { "made a commit".to_owned() } else { format!("changed {}", status.changed.join(", ")) };
            let message = format!("{} may only read, but {what}", visit.agent.name);
            let reference = format!("refs/agency/{}/attempt-{}", pipeline.id, visit.attempt);
            self.set_aside((visit.step, Some(visit.attempt)), &visit.worktree, &visit.base, reference).await?;
            return Ok(Some(AttemptFailure { class: FailureClass::AgentError, message }));
        }
        Ok(None)
    }

    /// Commits what changed; a commit that the agent made itself is taken over.
    async fn commit(
        &self,
        pipeline: &Pipeline,
        visit: &Visit,
        record: &HandoffRecord,
        snapshot: &Snapshot,
    ) -> Result<Option<CommitId>, RepositoryError> {
        let status = &snapshot.status;
        let own = || Some(status.head.clone()).filter(|head| *head != visit.base);
        if status.changed.is_empty() {
            return Ok(own());
        }
        let step = pipeline.index_of(visit.step).unwrap_or(0) + 1;
        let commit = NewCommit {
            message: message(visit.agent.name.as_str(), &record.summary),
            trailers: vec![
                ("Agency-Pipeline".into(), pipeline.id.to_string()),
                ("Agency-Step".into(), format!("{step} {}", visit.agent.name)),
                ("Agency-Attempt".into(), visit.attempt.to_string()),
            ],
        };
        let made = self.shared.ports.repositories.commit(&visit.worktree, snapshot, &commit).await?;
        Ok(made.or_else(own))
    }
}

fn git_failure(error: &RepositoryError) -> AttemptEnd {
    AttemptEnd::Failed(AttemptFailure { class: FailureClass::GitError, message: error.to_string() })
}

/// `developer: first sentence`, and the whole summary as the body where there is more.
fn message(agent: &str, summary: &str) -> String {
    let line = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = format!("{agent}: {line}");
    if whole.chars().count() <= SUBJECT_CHARS_MAX {
        return whole;
    }
    let mut subject: String = whole.chars().take(SUBJECT_CHARS_MAX - 1).collect();
    subject.truncate(subject.rfind(' ').filter(|at| *at > agent.len() + 1).unwrap_or(subject.len()));
    format!("{subject}…\n\n{}", summary.trim())
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn a_commit_subject_is_one_line_and_the_body_has_the_rest() {
        assert_eq!(message("developer", "Added\nit."), "developer: Added it.");
        let long = "Added the option ".repeat(10);
        let text = message("developer", &long);
        let (subject, body) = text.split_once("\n\n").unwrap();
        assert!(subject.chars().count() <= 72 && subject.ends_with('…') && body == long.trim());
        assert!(message("developer", &"x".repeat(200)).starts_with("developer: xxx"));
    }
}
