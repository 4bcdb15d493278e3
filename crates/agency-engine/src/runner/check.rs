//! Checks: commands that must exit with 0, run in the worktree as an attempt of their own.

use super::boot::agent_follows;
use super::recorder::{Recorder, ToolCall};
use super::{Runner, RunnerError};
use agency_domain::agents::ToolState;
use agency_domain::checks::{CheckEnd, CheckNews, CheckRequest, CheckRun, TAIL_BYTES_MAX};
use agency_domain::pipelines::{AttemptFailure, AttemptResult, Command, FailureClass, NewAttempt, Pipeline};
use agency_domain::templates::{CheckPlan, StepKind};
use agency_domain::{AttemptId, StepId, Usage};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often what a command prints is stored.
const TICK: Duration = Duration::from_secs(1);
/// Most bytes of a command's output that the transcript keeps: its end.
const TRANSCRIPT_BYTES_MAX: usize = 256 * 1024;

/// How a check came out.
enum Checked {
    Ran(Vec<CheckRun>),
    Failed(AttemptFailure),
    /// By a cancellation or a pause, which is recorded already.
    Recorded,
    Stopping,
}

/// One command under way.
struct Console<'a> {
    recorder: &'a mut Recorder,
    part: String,
    command: &'a str,
    output: String,
}

impl Runner {
    /// Runs the commands of a check, up to the first that fails, and records how it ended.
    pub(super) async fn check(&mut self, pipeline: &Pipeline, step_id: StepId) -> Result<(), RunnerError> {
        let step = pipeline.step(step_id).expect("the machine named a step of this pipeline");
        let StepKind::Check(plan) = step.plan.kind.clone() else { unreachable!("the machine asks for checks at checks only") };
        let attempt = self.shared.ports.ids.attempt();
        if agent_follows(pipeline, step) {
            self.boot_ahead(pipeline).await?;
        }
        let worktree = self.prepare_worktree(pipeline, step_id, attempt).await?;
        let base_commit = pipeline.head_commit.clone();
        let new = NewAttempt { step: step_id, attempt, model: None, conversation: None, base_commit, steers: Vec::new() };
        self.command(|_| Command::BeginAttempt(new.clone())).await?;
        self.command(|_| Command::MarkRunning(attempt)).await?;
        let mut recorder = Recorder::new(Arc::clone(&self.shared), self.id, step_id, attempt);
        let checked = self.run_commands(&plan, &worktree, &mut recorder).await;
        recorder.close().await?;
        let result = match checked? {
            Checked::Ran(checks) => match self.leftovers(pipeline, &worktree, (step_id, attempt)).await? {
                Some(failure) => AttemptResult::Failed(failure),
                None => AttemptResult::Checked(checks),
            },
            Checked::Failed(failure) => AttemptResult::Failed(failure),
            Checked::Stopping => AttemptResult::Interrupted("the server was stopped".into()),
            Checked::Recorded => return Ok(()),
        };
        self.command(|_| Command::FinishAttempt { attempt, usage: Usage::default(), result: result.clone() }).await.map(|_| ())
    }

    /// A check looks and does not change: what it left in the tree is kept under a ref and taken away, so that nothing unseen is committed.
    /// A commit is more than a leftover.
    async fn leftovers(
        &self,
        pipeline: &Pipeline,
        worktree: &Path,
        (step, attempt): (StepId, AttemptId),
    ) -> Result<Option<AttemptFailure>, RunnerError> {
        let status = self.shared.ports.repositories.status(worktree).await?;
        if status.branch.as_deref() != Some(pipeline.branch.as_str()) || status.head != pipeline.head_commit {
            let message = format!("the check moved the branch {} or left it", pipeline.branch);
            return Ok(Some(AttemptFailure { class: FailureClass::GitError, message }));
        }
        if !status.changed.is_empty() {
            let reference = format!("refs/agency/{}/attempt-{attempt}", pipeline.id);
            self.set_aside((step, Some(attempt)), worktree, &pipeline.head_commit, reference).await?;
        }
        Ok(None)
    }

    async fn run_commands(&self, plan: &CheckPlan, worktree: &Path, recorder: &mut Recorder) -> Result<Checked, RunnerError> {
        let commands = if plan.commands.is_empty() {
            let Some(suggested) = self.shared.ports.checks.suggested(worktree).await else {
                recorder.notice("The repository's files suggest no command that tests it, so nothing was checked.").await?;
                return Ok(Checked::Ran(Vec::new()));
            };
            vec![suggested]
        } else {
            plan.commands.clone()
        };
        let mut runs = Vec::new();
        for (number, command) in commands.iter().enumerate() {
            let mut console = Console { recorder, part: format!("check-{number}"), command, output: String::new() };
            match self.run_command(&mut console, worktree.to_owned(), plan.timeout).await? {
                Ok(run) => {
                    let passed = run.passed();
                    runs.push(run);
                    if !passed {
                        break;
                    }
                }
                Err(ended) => return Ok(ended),
            }
        }
        Ok(Checked::Ran(runs))
    }

    /// The command as it ended, or why it did not.
    async fn run_command(
        &self,
        console: &mut Console<'_>,
        worktree: PathBuf,
        timeout: Duration,
    ) -> Result<Result<CheckRun, Checked>, RunnerError> {
        let began = Instant::now();
        let request = CheckRequest { pipeline: self.id, worktree, command: console.command.to_owned(), timeout };
        let mut running = match self.shared.ports.checks.start(request).await {
            Ok(running) => running,
            Err(error) => {
                let message = error.to_string();
                return Ok(Ok(console.ended(CheckEnd::NotStarted { message }, began.elapsed()).await?));
            }
        };
        console.show(ToolState::Running, String::new(), None).await?;
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                biased;
                () = self.signal.end.cancelled() => return Ok(Err(Checked::Recorded)),
                () = self.stopping.cancelled() => return Ok(Err(Checked::Stopping)),
                news = running.next() => match news {
                    CheckNews::Output(text) => console.print(&text),
                    CheckNews::Ended(end) => return Ok(Ok(console.ended(end, began.elapsed()).await?)),
                },
                _ = tick.tick() => {
                    console.show(ToolState::Running, String::new(), None).await?;
                    console.recorder.flush().await?;
                    if let Some(failure) = self.check_over_budget().await? {
                        return Ok(Err(Checked::Failed(failure)));
                    }
                }
            }
        }
    }

    /// A check costs time, and nothing else.
    async fn check_over_budget(&self) -> Result<Option<AttemptFailure>, RunnerError> {
        let pipeline = self.shared.load(self.id).await?;
        let Some((step, _)) = pipeline.open_attempt() else { return Ok(None) };
        let ceiling = pipeline.ceiling_reached_after(step, Usage::default(), self.shared.ports.clock.now());
        Ok(ceiling.map(|ceiling| AttemptFailure {
            class: FailureClass::Budget,
            message: format!("the budget's ceiling of {} was reached in the middle of the check", ceiling.as_str()),
        }))
    }
}

impl Console<'_> {
    fn print(&mut self, text: &str) {
        self.output.push_str(text);
        self.output = tail_of(&self.output, TRANSCRIPT_BYTES_MAX);
    }

    /// The command as it stands, with how many milliseconds it took where it has ended.
    async fn show(&mut self, state: ToolState, title: String, took_ms: Option<u64>) -> Result<(), RunnerError> {
        let input = json!({ "command": self.command });
        let call = ToolCall { tool: "check".into(), state, input, title, output: self.output.clone(), diff: None, took_ms };
        Ok(self.recorder.tool(&self.part, call).await?)
    }

    async fn ended(&mut self, end: CheckEnd, took: Duration) -> Result<CheckRun, RunnerError> {
        let run = CheckRun {
            command: self.command.to_owned(),
            end,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            tail: tail_of(&self.output, TAIL_BYTES_MAX),
        };
        let state = if run.passed() { ToolState::Completed } else { ToolState::Failed };
        self.show(state, format!("{} {}", run.command, run.outcome()), Some(run.duration_ms)).await?;
        Ok(run)
    }
}

/// The end of a text, from the beginning of a line where that is near.
fn tail_of(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let from = text.ceil_char_boundary(text.len() - bytes_max);
    let tail = &text[from..];
    let line = tail.find('\n').filter(|at| *at < bytes_max / 4).map_or(0, |at| at + 1);
    tail[line..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::tail_of;

    #[test]
    fn the_tail_begins_with_a_whole_line_and_never_within_a_letter() {
        assert_eq!(tail_of("short", 100), "short");
        assert_eq!(tail_of("first line\nsecond line\nthird line, which is longer\n", 35), "third line, which is longer\n");
        assert_eq!(tail_of("äöü", 3), "ü");
    }
}
