//! What a run must not do for ever: break off, repeat itself, fail and try again, print without end. Judged by what comes in, not by the clock.

use agency_domain::Usage;
use agency_domain::agents::{AgentEvent, ToolState};
use agency_domain::pipelines::FailureClass;
use serde_json::Value;
use tokio::time::Instant;

/// Model calls in a row that end for no reason: OpenCode would go on for ever, at once and for money.
const UNKNOWN_ENDS_MAX: u32 = 3;
/// Calls in a row of one tool with the same input.
const SAME_CALLS_MAX: u32 = 5;
/// Refusals of the provider in one prompt: OpenCode gives up after five in a row, so these are several storms one after the other.
const RETRIES_MAX: u32 = 25;
/// What an agent may say and its tools may print in one prompt, in bytes: more than anybody reads, and than a model can use.
const OUTPUT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What providers call an account without money left. Trying again does not fill it.
const QUOTA_WORDS: [&str; 3] = ["insufficient_quota", "quota exceeded", "exceeded your current quota"];

/// What the watch remembers of one prompt.
pub(crate) struct Watch {
    pub(crate) last_progress: Instant,
    pub(crate) last_look: Instant,
    /// A provider's own wait: silence until then is no stall.
    pub(crate) quiet_until: Option<Instant>,
    /// Of model calls seen, for the case that the session cannot be asked.
    pub(crate) seen: Usage,
    unknown_ends: u32,
    last_call: Option<Call>,
    retries: u32,
    output_bytes: usize,
}

/// A finished tool call, and how many like it came in a row.
struct Call {
    part: String,
    tool: String,
    input: Value,
    count: u32,
}

/// A reason to stop the run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Alarm {
    pub(crate) class: FailureClass,
    pub(crate) message: String,
}

impl Watch {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self {
            last_progress: now,
            last_look: now,
            quiet_until: None,
            seen: Usage::default(),
            unknown_ends: 0,
            last_call: None,
            retries: 0,
            output_bytes: 0,
        }
    }

    /// Takes note of an event; an alarm where it is one too many.
    pub(crate) fn note(&mut self, event: &AgentEvent) -> Option<Alarm> {
        self.last_progress = Instant::now();
        self.quiet_until = None;
        match event {
            AgentEvent::ModelCallFinished { reason, usage } => {
                self.seen = self.seen.plus(*usage);
                self.note_end(reason)
            }
            AgentEvent::Tool { part, tool, state: ToolState::Completed | ToolState::Failed, input, output, .. } => {
                self.note_call(part, tool, input).or_else(|| self.note_output(output.len()))
            }
            AgentEvent::Text { delta, .. } => self.note_output(delta.len()),
            AgentEvent::Retrying { message, .. } => self.note_retry(message),
            AgentEvent::Tool { .. }
            | AgentEvent::TextDone { .. }
            | AgentEvent::PermissionAsked { .. }
            | AgentEvent::QuestionAsked { .. }
            | AgentEvent::SessionError { .. }
            | AgentEvent::Idle
            | AgentEvent::Gap
            | AgentEvent::Answered
            | AgentEvent::Alive => None,
        }
    }

    fn note_end(&mut self, reason: &str) -> Option<Alarm> {
        self.unknown_ends = if reason == "unknown" { self.unknown_ends + 1 } else { 0 };
        let message = || "the model's answers break off again and again".to_owned();
        (self.unknown_ends >= UNKNOWN_ENDS_MAX).then(|| Alarm { class: FailureClass::ProviderUnavailable, message: message() })
    }

    fn note_call(&mut self, part: &str, tool: &str, input: &Value) -> Option<Alarm> {
        let count = match &self.last_call {
            Some(last) if last.part == part => last.count,
            Some(last) if last.tool == tool && last.input == *input => last.count + 1,
            Some(_) | None => 1,
        };
        self.last_call = Some(Call { part: part.to_owned(), tool: tool.to_owned(), input: input.clone(), count });
        let message = || format!("the agent called {tool} {count} times in a row with the same input");
        (count >= SAME_CALLS_MAX).then(|| Alarm { class: FailureClass::AgentError, message: message() })
    }

    fn note_retry(&mut self, message: &str) -> Option<Alarm> {
        self.retries += 1;
        let lower = message.to_lowercase();
        if QUOTA_WORDS.iter().any(|word| lower.contains(word)) {
            let message = format!("the provider says that its quota is used up: {message}");
            return Some(Alarm { class: FailureClass::ProviderRateLimited, message });
        }
        let message = || format!("the provider refused {} times: {message}", self.retries);
        (self.retries >= RETRIES_MAX).then(|| Alarm { class: FailureClass::ProviderUnavailable, message: message() })
    }

    fn note_output(&mut self, bytes: usize) -> Option<Alarm> {
        self.output_bytes += bytes;
        let message = || format!("the agent has said and printed more than {} MB", OUTPUT_BYTES_MAX / 1024 / 1024);
        (self.output_bytes > OUTPUT_BYTES_MAX).then(|| Alarm { class: FailureClass::AgentError, message: message() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(part: u32, input: Value) -> AgentEvent {
        AgentEvent::Tool {
            part: format!("p{part}"),
            tool: "bash".into(),
            state: ToolState::Completed,
            input,
            title: String::new(),
            output: String::new(),
            diff: None,
            took_ms: None,
        }
    }

    #[tokio::test]
    async fn the_same_call_five_times_in_a_row_is_one_too_many() {
        let mut watch = Watch::new();
        for part in 1..5 {
            assert_eq!(watch.note(&call(part, json!({ "command": "ls" }))), None);
            // The same call, told once more.
            assert_eq!(watch.note(&call(part, json!({ "command": "ls" }))), None);
        }
        assert_eq!(watch.note(&call(5, json!({ "command": "pwd" }))), None);
        for part in 6..10 {
            assert_eq!(watch.note(&call(part, json!({ "command": "ls" }))), None);
        }
        assert_eq!(watch.note(&call(10, json!({ "command": "ls" }))).unwrap().class, FailureClass::AgentError);
    }

    #[tokio::test]
    async fn a_quota_that_is_used_up_is_not_waited_for() {
        let mut watch = Watch::new();
        let retry = |message: &str| AgentEvent::Retrying { attempt: 1, message: message.into(), next: None };
        assert_eq!(watch.note(&retry("Rate limit reached")), None);
        assert_eq!(watch.note(&retry("You exceeded your current quota")).unwrap().class, FailureClass::ProviderRateLimited);
    }

    #[tokio::test]
    async fn output_without_end_is_stopped() {
        let mut watch = Watch::new();
        let text = AgentEvent::Text { part: "p".into(), reasoning: false, delta: "x".repeat(1024 * 1024) };
        let alarms = (0..65).filter_map(|_| watch.note(&text)).count();
        assert_eq!(alarms, 1);
    }
}
