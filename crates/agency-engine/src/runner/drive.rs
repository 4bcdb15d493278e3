//! Follows a prompt until the session rests: records what happens, answers permissions, watches progress.
//!
//! Events are hints. Whatever ends the loop, the result is read from the session itself.

use super::attempt::Visit;
use super::recorder::ToolCall;
use super::{Runner, RunnerError};
use agency_domain::agents::{AgentEvent, AgentEvents, RunEnd, RunReport, RuntimeError};
use agency_domain::pipelines::{AttemptFailure, FailureClass, Observation};
use agency_domain::{MessageId, Timestamp, Usage};
use std::time::Duration;
use tokio::time::Instant;

/// How often text that is being written is stored, and the watch looks.
const TICK: Duration = Duration::from_secs(1);
/// Silence after which the session is asked how it stands: an event may have been lost.
const LOOK_AFTER: Duration = Duration::from_secs(10);
/// Longest wait that a provider may ask for before it tries again.
const PROVIDER_WAIT_MAX: Duration = Duration::from_secs(600);
/// Model calls in a row that end for no reason: OpenCode would go on for ever, at once and for money.
const UNKNOWN_ENDS_MAX: u32 = 3;
/// What the model reads when it asks for something that nobody may grant while the pipeline runs.
const DENIAL: &str = "This is not allowed in this pipeline, and nobody is there to allow it. Go on without it; if you cannot, hand off with outcome blocked.";

/// How the following of a prompt ended.
pub(super) enum Driven {
    Report(RunReport),
    Failed(AttemptFailure),
    Lost(String),
    Cancelled,
    Stopping,
}

/// What the watch remembers.
struct Watch {
    last_progress: Instant,
    last_look: Instant,
    unknown_ends: u32,
    /// A provider's own wait: silence until then is no stall.
    quiet_until: Option<Instant>,
    /// Of model calls seen, for the case that the session cannot be asked.
    seen: Usage,
}

impl Runner {
    pub(super) async fn drive(&self, visit: &mut Visit, events: &mut dyn AgentEvents, message: &MessageId) -> Result<Driven, RunnerError> {
        let now = Instant::now();
        let mut watch = Watch { last_progress: now, last_look: now, unknown_ends: 0, quiet_until: None, seen: Usage::default() };
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let driven = tokio::select! {
                biased;
                () = self.cancelled.cancelled() => Some(Driven::Cancelled),
                () = self.stopping.cancelled() => Some(Driven::Stopping),
                event = events.next() => match event {
                    Some(event) => self.take_in(visit, &mut watch, event, message).await?,
                    None => Some(Driven::Lost("the OpenCode server's process ended".into())),
                },
                _ = tick.tick() => {
                    visit.recorder.flush().await?;
                    self.look_if_silent(visit, &mut watch, message).await?
                }
            };
            match driven {
                None => {}
                Some(driven) => {
                    if !matches!(driven, Driven::Report(_)) {
                        visit.usage = visit.usage.plus(watch.seen);
                    }
                    return Ok(driven);
                }
            }
        }
    }

    async fn take_in(
        &self,
        visit: &mut Visit,
        watch: &mut Watch,
        event: AgentEvent,
        message: &MessageId,
    ) -> Result<Option<Driven>, RunnerError> {
        watch.last_progress = Instant::now();
        watch.quiet_until = None;
        match event {
            AgentEvent::Text { part, reasoning, delta } => visit.recorder.text(&part, reasoning, &delta),
            AgentEvent::TextDone { part, reasoning, text } => visit.recorder.text_done(&part, reasoning, text).await?,
            AgentEvent::Tool { part, tool, state, input, title, output, diff } => {
                visit.recorder.tool(&part, ToolCall { tool, state, input, title, output, diff }).await?;
            }
            AgentEvent::ModelCallFinished { reason, usage } => {
                watch.seen = watch.seen.plus(usage);
                watch.unknown_ends = if reason == "unknown" { watch.unknown_ends + 1 } else { 0 };
                if watch.unknown_ends >= UNKNOWN_ENDS_MAX {
                    let message = "the model's answers break off again and again".to_owned();
                    return self.stop_run(visit, FailureClass::ProviderUnavailable, message).await.map(Some);
                }
            }
            AgentEvent::PermissionAsked { id, permission, patterns, detail: _ } => self.deny(visit, &id, permission, patterns).await?,
            AgentEvent::QuestionAsked { id, text } => {
                visit.recorder.notice(&format!("A question was turned down, because nobody is there to answer: {text}")).await?;
                ignore_gone(visit.server.reject_question(&id).await);
            }
            AgentEvent::Retrying { attempt, message, next } => return self.wait_for_provider(visit, watch, attempt, message, next).await,
            AgentEvent::SessionError { name, message } => visit.recorder.notice(&format!("{name}: {message}")).await?,
            AgentEvent::Idle | AgentEvent::Gap => return Ok(self.look(visit, watch, message).await),
            AgentEvent::Alive => {}
        }
        Ok(None)
    }

    /// Policy without a person: whatever the agent's own rules did not allow is denied, with words that the model reads.
    async fn deny(&self, visit: &mut Visit, id: &str, permission: String, patterns: Vec<String>) -> Result<(), RunnerError> {
        ignore_gone(visit.server.answer_permission(id, Err(DENIAL.into())).await);
        visit.recorder.notice(&format!("Denied: {permission} {}", patterns.join(" "))).await?;
        let what = Observation::PermissionAnswered { permission, patterns, allowed: false };
        self.observe(Some(visit.step), Some(visit.attempt), what).await
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

    async fn look_if_silent(&self, visit: &mut Visit, watch: &mut Watch, message: &MessageId) -> Result<Option<Driven>, RunnerError> {
        let silent = watch.quiet_until.unwrap_or(watch.last_progress).max(watch.last_progress).elapsed();
        if silent < LOOK_AFTER || watch.last_look.elapsed() < LOOK_AFTER {
            return Ok(None);
        }
        if let Some(driven) = self.look(visit, watch, message).await {
            return Ok(Some(driven));
        }
        let settings = &self.shared.settings;
        let limit = if visit.recorder.tool_in_flight() { settings.tool_limit } else { settings.stall_after };
        if silent < limit {
            return Ok(None);
        }
        let message = format!("nothing happened for {} minutes", silent.as_secs().div_ceil(60));
        self.stop_run(visit, FailureClass::Stalled, message).await.map(Some)
    }

    /// Asks the session how it stands; `None` while it goes on.
    async fn look(&self, visit: &Visit, watch: &mut Watch, message: &MessageId) -> Option<Driven> {
        watch.last_look = Instant::now();
        match visit.server.report(&visit.session, message).await {
            Ok(RunReport { end: RunEnd::Running, .. }) => None,
            Ok(report) => Some(Driven::Report(report)),
            Err(error) => Some(Driven::Lost(error.to_string())),
        }
    }

    async fn stop_run(&self, visit: &Visit, class: FailureClass, message: String) -> Result<Driven, RunnerError> {
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
fn ignore_gone(result: Result<(), RuntimeError>) {
    if let Err(error) = result {
        tracing::debug!(%error, "an answer came too late");
    }
}
