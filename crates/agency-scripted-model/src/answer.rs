//! From a step to what goes over the wire: OpenAI's chunks as a list of [`Action`]s. Pure; played by `server::playing`.

use crate::asked::Asked;
use crate::scenarios::fenced;
use crate::script::{Fault, HttpReply, Step, ToolCall};
use bytes::Bytes;
use serde_json::{Value, json};
use std::time::Duration;

/// One thing that the connection does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Send(Bytes),
    Wait(Duration),
    /// Silence until the client goes away.
    Hang,
    /// RST.
    Reset,
}

/// How a request is answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// Nothing at all until the client goes away.
    Nothing,
    Http(HttpReply),
    /// A body of this content type, as the actions say. It ends when they end.
    Body {
        content_type: &'static str,
        actions: Vec<Action>,
    },
}

/// Chunks that are sent in one write when a step has no pace.
const CHUNKS_PER_WRITE: usize = 50;
/// A reset discards what the client has not read yet, so what came before it is given this long to arrive.
const BEFORE_RESET: Duration = Duration::from_millis(100);
/// A usual rule of thumb for English, good enough for a number that only has to look alive.
const BYTES_PER_TOKEN: usize = 4;

/// Identity of one answer: its ids must differ from those of all answers in the same conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnswerId {
    pub(crate) number: u64,
    pub(crate) unix_ms: u64,
}

/// What `step` answers to `asked`.
pub(crate) fn answer(step: &Step, asked: &Asked, id: AnswerId) -> Answer {
    let words = Words { step: &with_handoff(step, asked), asked, id };
    match &step.fault {
        Some(Fault::HangBeforeHeaders) => Answer::Nothing,
        Some(Fault::Http(reply)) => Answer::Http(reply.clone()),
        Some(Fault::Raw(text)) => words.body(vec![Action::Send(Bytes::from(text.clone()))]),
        fault if asked.stream => words.body(words.streamed(fault.as_ref())),
        fault => words.whole(fault.as_ref()),
    }
}

/// Turns a hand-off into a tool call where a tool takes it, and into text where none does.
fn with_handoff(step: &Step, asked: &Asked) -> Step {
    let mut step = step.clone();
    if let Some(record) = step.handoff.take() {
        match asked.handoff_tool() {
            Some(name) => step.tools.push(ToolCall { name: name.to_owned(), args: record }),
            None if step.text.is_empty() => step.text = fenced(&record),
            None => step.text = format!("{}\n\n{}", step.text, fenced(&record)),
        }
    }
    step
}

struct Words<'a> {
    step: &'a Step,
    asked: &'a Asked,
    id: AnswerId,
}

impl Words<'_> {
    fn body(&self, actions: Vec<Action>) -> Answer {
        let content_type = if self.asked.stream { "text/event-stream" } else { "application/json" };
        Answer::Body { content_type, actions }
    }

    /// The stream, up to where the fault stops it.
    fn streamed(&self, fault: Option<&Fault>) -> Vec<Action> {
        let mut out = Paced::new(self.step);
        let chunks = self.chunks();
        let passing = match fault {
            Some(Fault::HangBeforeFirstChunk) => return vec![Action::Hang],
            Some(Fault::HangAfter(count) | Fault::ResetAfter(count) | Fault::EndAfter(count)) => (*count).min(chunks.len()),
            Some(Fault::NoDone | Fault::ErrorObject(_) | Fault::HangBeforeHeaders | Fault::Raw(_) | Fault::Http(_)) | None => chunks.len(),
        };
        chunks[..passing].iter().for_each(|chunk| out.send(chunk));
        match fault {
            Some(Fault::HangAfter(_)) => out.then([Action::Hang]),
            Some(Fault::ResetAfter(_)) => out.then([Action::Wait(BEFORE_RESET), Action::Reset]),
            Some(Fault::EndAfter(_) | Fault::NoDone) => out.then([]),
            Some(Fault::ErrorObject(error)) => out.then([Action::Send(event(error))]),
            // Handled before a stream begins.
            Some(Fault::HangBeforeHeaders | Fault::HangBeforeFirstChunk | Fault::Raw(_) | Fault::Http(_)) | None => {
                out.send(&self.chunk(&json!({}), Some(self.finish())));
                out.send(&self.closing_usage());
                out.then([Action::Send(Bytes::from_static(b"data: [DONE]\n\n"))])
            }
        }
    }

    fn chunks(&self) -> Vec<Value> {
        let say = |field: &'static str, text: &str| -> Vec<Value> {
            words(text).map(|word| self.chunk(&json!({ "role": "assistant", field: word }), None)).collect()
        };
        let mut chunks = say("reasoning_content", &self.step.reasoning);
        chunks.extend(say("content", &self.text()));
        for (index, tool) in self.step.tools.iter().enumerate() {
            let arguments = arguments(tool);
            let (first, second) = arguments.split_at(arguments.floor_char_boundary(arguments.len() / 2));
            let function = json!({ "name": tool.name, "arguments": first });
            let opening = json!({ "index": index, "id": self.call_id(index), "type": "function", "function": function });
            chunks.push(self.chunk(&json!({ "role": "assistant", "tool_calls": [opening] }), None));
            chunks.push(self.chunk(&json!({ "tool_calls": [{ "index": index, "function": { "arguments": second } }] }), None));
        }
        chunks
    }

    fn chunk(&self, delta: &Value, finish: Option<&str>) -> Value {
        self.object("chat.completion.chunk", &json!([{ "index": 0, "delta": delta, "finish_reason": finish }]))
    }

    fn closing_usage(&self) -> Value {
        let mut last = self.object("chat.completion.chunk", &json!([]));
        last["usage"] = self.usage();
        last
    }

    /// The answer to a request without `stream`. A fault of the stream becomes its nearest relation.
    fn whole(&self, fault: Option<&Fault>) -> Answer {
        let text = self.completion().to_string();
        let half = Action::Send(Bytes::from(text[..text.floor_char_boundary(text.len() / 2)].to_owned()));
        match fault {
            Some(Fault::HangBeforeFirstChunk) => self.body(vec![Action::Hang]),
            Some(Fault::HangAfter(_)) => self.body(vec![half, Action::Hang]),
            Some(Fault::ResetAfter(_)) => self.body(vec![half, Action::Wait(BEFORE_RESET), Action::Reset]),
            Some(Fault::EndAfter(_) | Fault::NoDone) => self.body(vec![half]),
            Some(Fault::ErrorObject(error)) => self.body(vec![Action::Send(Bytes::from(error.to_string()))]),
            Some(Fault::HangBeforeHeaders | Fault::Raw(_) | Fault::Http(_)) | None => self.body(vec![Action::Send(Bytes::from(text))]),
        }
    }

    fn completion(&self) -> Value {
        let calls: Vec<Value> = self
            .step
            .tools
            .iter()
            .enumerate()
            .map(|(index, tool)| {
                let function = json!({ "name": tool.name, "arguments": arguments(tool) });
                json!({ "id": self.call_id(index), "type": "function", "function": function })
            })
            .collect();
        let mut message = json!({ "role": "assistant", "content": self.text() });
        if !calls.is_empty() {
            message["tool_calls"] = Value::Array(calls);
        }
        if !self.step.reasoning.is_empty() {
            message["reasoning_content"] = json!(self.step.reasoning);
        }
        let mut whole = self.object("chat.completion", &json!([{ "index": 0, "finish_reason": self.finish(), "message": message }]));
        whole["usage"] = self.usage();
        whole
    }

    fn object(&self, kind: &str, choices: &Value) -> Value {
        let id = format!("chatcmpl-{}", self.id.number);
        json!({ "id": id, "object": kind, "created": self.id.unix_ms / 1000, "model": self.asked.model, "choices": choices })
    }

    fn call_id(&self, index: usize) -> String {
        format!("call_{}_{}_{index}", self.id.unix_ms, self.id.number)
    }

    fn text(&self) -> String {
        self.step.text.repeat(self.step.repeat_text.unwrap_or(1) as usize)
    }

    fn finish(&self) -> &str {
        let usual = if self.step.tools.is_empty() { "stop" } else { "tool_calls" };
        self.step.finish.as_deref().unwrap_or(usual)
    }

    fn usage(&self) -> Value {
        self.step.usage.clone().unwrap_or_else(|| {
            let said =
                self.step.reasoning.len() + self.text().len() + self.step.tools.iter().map(|tool| arguments(tool).len()).sum::<usize>();
            let (prompt, completion) = (self.asked.bytes / BYTES_PER_TOKEN + 1, said / BYTES_PER_TOKEN + 1);
            json!({ "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion })
        })
    }
}

/// Each word with all the white space after it; leading white space goes alone.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let space = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let next = rest[space..].find(|character: char| !character.is_whitespace());
        let (word, after) = rest.split_at(next.map_or(rest.len(), |length| space + length));
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

/// A string is sent as it is: that is how a script sends arguments that are not JSON.
fn arguments(tool: &ToolCall) -> String {
    match &tool.args {
        Value::String(raw) => raw.clone(),
        Value::Null => "{}".to_owned(),
        args @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => args.to_string(),
    }
}

fn event(data: &Value) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}

/// Actions with the step's pace: each chunk by itself with a wait after it, or many in one write.
struct Paced {
    actions: Vec<Action>,
    gathered: Vec<u8>,
    chunks: usize,
    pause: Option<Duration>,
}

impl Paced {
    fn new(step: &Step) -> Self {
        let wait = |ms: u64| (ms > 0).then(|| Duration::from_millis(ms));
        let actions = wait(step.first_chunk_after_ms).map(Action::Wait).into_iter().collect();
        Self { actions, gathered: Vec::new(), chunks: 0, pause: wait(step.chunk_ms) }
    }

    fn send(&mut self, chunk: &Value) {
        self.gathered.extend_from_slice(&event(chunk));
        self.chunks += 1;
        if let Some(pause) = self.pause {
            self.flush();
            self.actions.push(Action::Wait(pause));
        } else if self.chunks.is_multiple_of(CHUNKS_PER_WRITE) {
            self.flush();
        }
    }

    fn then<const N: usize>(mut self, last: [Action; N]) -> Vec<Action> {
        self.flush();
        self.actions.extend(last);
        self.actions
    }

    fn flush(&mut self) {
        if !self.gathered.is_empty() {
            self.actions.push(Action::Send(Bytes::from(std::mem::take(&mut self.gathered))));
        }
    }
}

#[cfg(test)]
mod tests;
