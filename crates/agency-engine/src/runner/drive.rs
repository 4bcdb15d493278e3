//! Follows a prompt until the session rests: records what happens, passes on what people say and agents ask, watches progress and budget.
//!
//! Events are hints. Whatever ends the loop, the result is read from the session itself.

use super::attempt::{Reading, Visit};
use super::recorder::ToolCall;
use super::talk::{Asking, Permission};
use super::watch::{Alarm, Watch};
use super::{Runner, RunnerError};
use crate::use_cases::UseCaseError;
use agency_domain::agents::{AgentEvent, AgentEvents, RunEnd, RunReport, RuntimeError};
use agency_domain::pipelines::{AskKind, AttemptFailure, Command, FailureClass, Observation, Refused};
use agency_domain::{Timestamp, Usage};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often text that is being written is stored, and the watch looks.
const TICK: Duration = Duration::from_secs(1);
/// Silence after which the session is asked how it stands: an event may have been lost.
const LOOK_AFTER: Duration = Duration::from_secs(10);
/// Longest wait that a provider may ask for before it tries again.
const PROVIDER_WAIT_MAX: Duration = Duration::from_secs(600);
/// How a call of the model ends that asks for no tool: the worktree is as it will be.
const MODEL_IS_DONE: &str = "stop";

/// How the following of a prompt ended.
pub(super) enum Driven {
    Report(RunReport),
    Failed(AttemptFailure),
    Lost(String),
    /// The attempt was ended from outside, which is recorded already.
    Ended,
    Stopping,
}

impl Runner {
    pub(super) async fn drive(&self, visit: &mut Visit, events: &mut dyn AgentEvents) -> Result<Driven, RunnerError> {
        let mut watch = Watch::new();
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let driven = tokio::select! {
                biased;
                () = self.signal.end.cancelled() => Some(Driven::Ended),
                () = self.stopping.cancelled() => Some(Driven::Stopping),
                () = self.signal.nudge.notified() => self.listen(visit).await?,
                event = events.next() => match event {
                    Some(event) => self.take_in(visit, &mut watch, event).await?,
                    None => Some(Driven::Lost("the OpenCode server's process ended".into())),
                },
                _ = tick.tick() => self.tick(visit, &mut watch).await?,
            };
            if let Some(driven) = driven {
                if !matches!(driven, Driven::Report(_)) {
                    visit.usage = visit.usage.plus(watch.seen);
                }
                return Ok(driven);
            }
        }
    }

    async fn tick(&self, visit: &mut Visit, watch: &mut Watch) -> Result<Option<Driven>, RunnerError> {
        visit.recorder.flush().await?;
        self.report_usage(visit, visit.usage.plus(watch.seen)).await?;
        self.expire_asks(visit).await?;
        if let Some(driven) = self.hold_to_budget(visit, watch).await? {
            return Ok(Some(driven));
        }
        self.look_if_silent(visit, watch).await
    }

    async fn take_in(&self, visit: &mut Visit, watch: &mut Watch, event: AgentEvent) -> Result<Option<Driven>, RunnerError> {
        if let Some(Alarm { class, message }) = watch.note(&event) {
            return self.stop_run(visit, class, message).await.map(Some);
        }
        if matches!(event, AgentEvent::Text { .. } | AgentEvent::Tool { .. }) {
            // It goes on after all: somebody said something meanwhile.
            visit.reading = None;
        }
        match event {
            AgentEvent::Text { part, reasoning, delta } => visit.recorder.text(&part, reasoning, &delta).await?,
            AgentEvent::TextDone { part, reasoning, text, took_ms } => visit.recorder.text_done(&part, reasoning, text, took_ms).await?,
            AgentEvent::Tool { part, tool, state, input, title, output, diff, took_ms } => {
                visit.recorder.tool(&part, ToolCall { tool, state, input, title, output, diff, took_ms }).await?;
            }
            AgentEvent::ModelCallFinished { reason, .. } => {
                if reason == MODEL_IS_DONE {
                    // The end is near, and says what was used; the budget counts it meanwhile.
                    self.begin_to_read(visit);
                } else if visit.reported_at.is_none_or(|at| at.elapsed() >= TICK) {
                    self.report_usage(visit, visit.usage.plus(watch.seen)).await?;
                }
                return self.hold_to_budget(visit, watch).await;
            }
            AgentEvent::PermissionAsked { id, permission, patterns, always, detail } => {
                self.permission_asked(visit, Permission { request: id, permission, patterns, always, detail }).await?;
            }
            AgentEvent::QuestionAsked { id, text, options } => {
                self.asked(visit, Asking { request: id, kind: AskKind::Question, subject: text, shown: options, wanted: None }).await?;
            }
            AgentEvent::Retrying { attempt, message, next } => return self.wait_for_provider(visit, watch, attempt, message, next).await,
            AgentEvent::SessionError { name, message } => visit.recorder.notice(&format!("{name}: {message}")).await?,
            AgentEvent::Answered => self.begin_to_read(visit),
            AgentEvent::Idle => return Ok(self.look_at_rest(visit, watch).await),
            AgentEvent::Gap => {
                visit.reading = None;
                return Ok(self.look(visit, watch).await);
            }
            AgentEvent::Alive => {}
        }
        Ok(None)
    }

    /// Stores what the attempt has used so far: whoever finds it cut off knows nothing else. At most once a second, as calls may come quickly.
    pub(super) async fn report_usage(&self, visit: &mut Visit, usage: Usage) -> Result<(), RunnerError> {
        if usage == visit.reported {
            return Ok(());
        }
        (visit.reported, visit.reported_at) = (usage, Some(Instant::now()));
        let attempt = visit.attempt;
        match self.command(|_| Command::ReportUsage { attempt, usage }).await {
            Ok(pipeline) => visit.pipeline = pipeline,
            // Ended from outside by a moment; what it had used is settled then.
            Err(RunnerError::UseCase(UseCaseError::Refused(Refused::Conflict(_)))) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Stops the run where it has passed a ceiling, and warns once where it comes near.
    async fn hold_to_budget(&self, visit: &mut Visit, watch: &Watch) -> Result<Option<Driven>, RunnerError> {
        let (own, now) = (visit.usage.plus(watch.seen), self.shared.ports.clock.now());
        for (ceiling, percent) in visit.pipeline.warnings_due(own, now) {
            visit.pipeline = self.command(|_| Command::WarnOfBudget { ceiling, percent }).await?;
        }
        let step = visit.pipeline.step(visit.step).expect("the attempt's own step");
        let Some(ceiling) = visit.pipeline.ceiling_reached_after(step, own, now) else { return Ok(None) };
        let message = format!("the budget's ceiling of {} was reached in the middle of the attempt", ceiling.as_str());
        self.stop_run(visit, FailureClass::Budget, message).await.map(Some)
    }

    async fn wait_for_provider(
        &self,
        visit: &mut Visit,
        watch: &mut Watch,
        attempt: u32,
        message: String,
        next: Option<Timestamp>,
    ) -> Result<Option<Driven>, RunnerError> {
        visit.recorder.notice(&format!("The provider refused, OpenCode tries again (try {attempt}): {message}")).await?;
        let wait = next.map(|next| next.duration_since(self.shared.ports.clock.now()).unsigned_abs()).unwrap_or_default();
        if wait > PROVIDER_WAIT_MAX {
            let message = format!("the provider asks for a wait of {} minutes: {message}", wait.as_secs() / 60);
            return self.stop_run(visit, FailureClass::ProviderRateLimited, message).await.map(Some);
        }
        watch.quiet_until = Some(Instant::now() + wait);
        let what = Observation::ProviderRetried { attempt, message };
        self.observe(Some(visit.step), Some(visit.attempt), what).await.map(|()| None)
    }

    async fn look_if_silent(&self, visit: &mut Visit, watch: &mut Watch) -> Result<Option<Driven>, RunnerError> {
        let silent = watch.quiet_until.unwrap_or(watch.last_progress).max(watch.last_progress).elapsed();
        // A person is asked: silence is no stall until the deadline, which is the ask's own.
        if !visit.asks.is_empty() {
            return Ok(None);
        }
        if silent < LOOK_AFTER || watch.last_look.elapsed() < LOOK_AFTER {
            return Ok(None);
        }
        if let Some(driven) = self.look(visit, watch).await {
            return Ok(Some(driven));
        }
        let settings = &self.shared.settings;
        let own = visit.pipeline.step(visit.step).and_then(|step| step.plan.settings.stall_after);
        let limit = if visit.recorder.tool_in_flight() { settings.tool_limit } else { own.unwrap_or(settings.stall_after) };
        if silent < limit {
            return Ok(None);
        }
        let message = format!("nothing happened for {} minutes", silent.as_secs().div_ceil(60));
        self.stop_run(visit, FailureClass::Stalled, message).await.map(Some)
    }

    /// Asks the session how it stands; `None` while it goes on.
    async fn look(&self, visit: &Visit, watch: &mut Watch) -> Option<Driven> {
        watch.last_look = Instant::now();
        match visit.server.report(&visit.session, &visit.messages).await {
            Ok(RunReport { end: RunEnd::Running, .. }) => None,
            Ok(report) => Some(Driven::Report(report)),
            Err(error) => Some(Driven::Lost(error.to_string())),
        }
    }

    /// The session says that it rests. The worktree is read meanwhile, or was begun to be read when the model was done: where the report says the
    /// same, nobody has worked in it since.
    async fn look_at_rest(&self, visit: &mut Visit, watch: &mut Watch) -> Option<Driven> {
        self.begin_to_read(visit);
        let driven = self.look(visit, watch).await;
        if !matches!(driven, Some(Driven::Report(_))) {
            visit.reading = None;
        }
        driven
    }

    /// Reads the worktree, unless that was begun and nothing has happened since.
    fn begin_to_read(&self, visit: &mut Visit) {
        if visit.reading.is_none() {
            visit.reading = Some(self.read_worktree(visit));
        }
    }

    /// Goes on to its end whether anybody waits for it or not: a git that is stopped while it stages would leave its lock.
    pub(super) fn read_worktree(&self, visit: &Visit) -> Reading {
        let (repositories, worktree) = (Arc::clone(&self.shared.ports.repositories), visit.worktree.clone());
        tokio::spawn(async move { repositories.snapshot(&worktree).await })
    }

    pub(super) async fn stop_run(&self, visit: &Visit, class: FailureClass, message: String) -> Result<Driven, RunnerError> {
        match visit.server.abort(&visit.session).await {
            Ok(()) => Ok(Driven::Failed(AttemptFailure { class, message })),
            Err(RuntimeError::Unconfirmed) => {
                visit.server.stop().await;
                Ok(Driven::Failed(AttemptFailure { class, message: format!("{message} (OpenCode did not stop the run and was ended)") }))
            }
            Err(error) => Ok(Driven::Lost(error.to_string())),
        }
    }
}

/// A request that somebody else answered, or that ended with its run, is no fault.
pub(super) fn ignore_gone(result: Result<(), RuntimeError>) {
    if let Err(error) = result {
        tracing::debug!(%error, "an answer came too late");
    }
}
