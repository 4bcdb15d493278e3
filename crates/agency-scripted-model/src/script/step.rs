//! Steps: one answer of the model, with its pace and its faults.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Status of a failure by `fail_first` that names no fault of its own.
const DEFAULT_RETRY_FAULT_STATUS: u16 = 500;

/// One answer. Placeholders in its texts, its tools' arguments and its hand-off are filled in from the request:
///
/// | placeholder | becomes |
/// |---|---|
/// | `{{cwd}}` | the working directory that OpenCode's prompt names |
/// | `{{request}}` | the first line of prose under the newest user message's first heading that speaks of a request, else of the whole message |
/// | `{{finding}}` | the first finding's id (`F-1`, …) under the heading `## Open findings`, else `F-1` |
/// | `{{ids}}` as a whole string | the list of all ids (`AC-1`, `D-2`, `F-3`, `Q-4`) in the newest user message |
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// Streamed first, word by word, as `reasoning_content`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    /// Streamed word by word.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// How often the text is said; absent is once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_text: Option<u32>,
    /// Called after the text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolCall>,
    /// A hand-off: a call of the hand-off tool with these arguments where it is offered (else of `StructuredOutput` where that is),
    /// else the same as a fenced JSON block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handoff: Option<Value>,
    /// `stop`, `length`, `content_filter`, …; absent is `tool_calls` after tools and `stop` otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish: Option<String>,
    /// OpenAI's usage object; absent is an estimate of four bytes per token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Value>,
    /// Milliseconds before the response's headers.
    #[serde(skip_serializing_if = "is_zero")]
    pub headers_after_ms: u64,
    /// Milliseconds between the headers and the first chunk.
    #[serde(skip_serializing_if = "is_zero")]
    pub first_chunk_after_ms: u64,
    /// Milliseconds after each chunk. Zero sends as fast as it can.
    #[serde(skip_serializing_if = "is_zero")]
    pub chunk_ms: u64,
    /// What goes wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// As the last step: said again for every further turn. Otherwise further turns say `Done.`
    #[serde(skip_serializing_if = "is_false")]
    pub repeat: bool,
    /// The first tries of this step, per session, fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_first: Option<FailFirst>,
}

/// A tool call. `args` is an object, or a string that is sent as it is (to send what is not JSON).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    pub name: String,
    #[serde(default)]
    pub args: Value,
}

/// How an answer goes wrong. A chunk is one `data:` line, counted from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// No headers, ever.
    HangBeforeHeaders,
    /// Headers and then nothing, ever.
    HangBeforeFirstChunk,
    /// Silence after so many chunks.
    HangAfter(usize),
    /// The connection is reset (RST) after so many chunks.
    ResetAfter(usize),
    /// The stream ends politely after so many chunks, without a finish reason.
    EndAfter(usize),
    /// The stream ends politely after its text, without a finish reason and without `[DONE]`.
    NoDone,
    /// After the text comes this error object in place of an end.
    ErrorObject(Value),
    /// These bytes in place of the stream.
    Raw(String),
    /// Another answer than a stream.
    Http(HttpReply),
}

/// A plain HTTP answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpReply {
    pub status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Absent is `application/json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// A string is sent as it is, anything else as JSON.
    #[serde(default)]
    pub body: Value,
}

impl HttpReply {
    /// An OpenAI error: `{"error":{"message","type","code"}}`.
    pub fn error(status: u16, kind: &str, code: &str, message: &str) -> Self {
        let body = json!({ "error": { "message": message, "type": kind, "code": code } });
        Self { status, headers: BTreeMap::new(), content_type: None, body }
    }
}

/// The first `times` tries of a step play `with` in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailFirst {
    pub times: u32,
    /// Absent is an HTTP 500.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Box<Step>>,
}

impl FailFirst {
    /// What is played in place of the step.
    pub fn step(&self) -> Step {
        let error = HttpReply::error(DEFAULT_RETRY_FAULT_STATUS, "server_error", "server_error", "the server had an error");
        self.with.as_deref().cloned().unwrap_or_else(|| Step::fault(Fault::Http(error)))
    }
}

impl Step {
    /// Says `text`.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Calls one tool.
    pub fn tool(name: impl Into<String>, args: Value) -> Self {
        Self::default().and_tool(name, args)
    }

    /// Hands off.
    pub fn handoff(record: Value) -> Self {
        Self { handoff: Some(record), ..Self::default() }
    }

    /// Goes wrong, every time it is asked.
    pub fn fault(fault: Fault) -> Self {
        Self { fault: Some(fault), repeat: true, ..Self::default() }
    }

    /// Calls one tool more.
    #[must_use]
    pub fn and_tool(mut self, name: impl Into<String>, args: Value) -> Self {
        self.tools.push(ToolCall { name: name.into(), args });
        self
    }

    /// Says `text` before its tools.
    #[must_use]
    pub fn saying(self, text: impl Into<String>) -> Self {
        Self { text: text.into(), ..self }
    }

    /// Reasons before its text.
    #[must_use]
    pub fn thinking(self, reasoning: impl Into<String>) -> Self {
        Self { reasoning: reasoning.into(), ..self }
    }

    /// Waits `chunk_ms` milliseconds after each word.
    #[must_use]
    pub fn paced(self, chunk_ms: u64) -> Self {
        Self { chunk_ms, ..self }
    }

    /// Goes wrong as `fault` says.
    #[must_use]
    pub fn with_fault(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }

    /// Is said again for every further turn.
    #[must_use]
    pub fn repeated(self) -> Self {
        Self { repeat: true, ..self }
    }

    /// Fails `times` times with `fault`, then works.
    #[must_use]
    pub fn failing_first(self, times: u32, with: Step) -> Self {
        Self { fail_first: Some(FailFirst { times, with: Some(Box::new(with)) }), ..self }
    }
}

// serde calls these with references.
fn is_zero(value: &u64) -> bool {
    *value == 0
}

fn is_false(value: &bool) -> bool {
    !*value
}
