//! Reading a session's messages: which of them answer a prompt, what they say, what ran and what it cost.

use crate::events::{is_summary, usage};
use agency_domain::Usage;
use serde_json::Value;

/// All that a prompt brought about in its own session.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Answer {
    /// All text in order.
    pub(crate) reply: String,
    /// Summaries included: they cost, too.
    pub(crate) usage: Usage,
    /// Shell commands, in order, with exit codes.
    pub(crate) commands: Vec<(String, Option<i64>)>,
    /// Whether there was any tool call.
    pub(crate) called_tools: bool,
    /// The newest message of the agent's, summaries left out: its `info`.
    pub(crate) last: Option<Value>,
    /// Milliseconds since 1970 from which on, and until which, what happened belongs to this prompt.
    pub(crate) from_ms: u64,
    pub(crate) until_ms: Option<u64>,
}

/// The messages from the prompt on; `None` where the page does not reach back to it.
pub(crate) fn since<'a>(messages: &'a [Value], prompt: &str) -> Option<&'a [Value]> {
    let start = messages.iter().position(|message| message["info"]["id"] == prompt)?;
    Some(&messages[start..])
}

/// Reads the answer out of a prompt's message and those behind it, up to the next prompt. OpenCode puts messages of its own in the user's
/// name when it shortens a long conversation; answers to those belong to the prompt before.
pub(crate) fn answer_to(messages: &[Value]) -> Answer {
    let mut answer = Answer::default();
    let Some((prompt, behind)) = messages.split_first() else { return answer };
    answer.from_ms = created(prompt);
    for message in behind {
        let info = &message["info"];
        if info["role"] == "assistant" {
            answer.take(message);
        } else if !is_by_opencode(message) {
            answer.until_ms = Some(created(message));
            break;
        }
    }
    answer
}

/// Usage of the messages that were begun within a span: of child sessions, which may serve several prompts.
pub(crate) fn usage_between(messages: &[Value], from_ms: u64, until_ms: Option<u64>) -> Usage {
    let within = |message: &&Value| created(message) >= from_ms && until_ms.is_none_or(|until| created(message) < until);
    let assistants = messages.iter().filter(|message| message["info"]["role"] == "assistant").filter(within);
    assistants.fold(Usage::default(), |sum, message| sum.plus(usage(&message["info"])))
}

impl Answer {
    fn take(&mut self, message: &Value) {
        let info = &message["info"];
        self.usage = self.usage.plus(usage(info));
        if is_summary(info) {
            return;
        }
        self.last = Some(info.clone());
        for part in message["parts"].as_array().into_iter().flatten() {
            if part["type"] == "text" {
                self.say(part);
            } else if part["type"] == "tool" {
                self.called_tools = true;
                self.commands.extend(command(part));
            }
        }
    }

    fn say(&mut self, part: &Value) {
        let text = part["text"].as_str().unwrap_or_default();
        if text.trim().is_empty() || part["synthetic"] == true {
            return;
        }
        if !self.reply.is_empty() {
            self.reply.push_str("\n\n");
        }
        self.reply.push_str(text);
    }
}

/// A shell command that was run, or at least begun.
fn command(part: &Value) -> Option<(String, Option<i64>)> {
    let state = &part["state"];
    let ran = part["tool"] == "bash" && (state["status"] != "error" || state["metadata"]["output"].is_string());
    let command = state["input"]["command"].as_str().filter(|_command| ran)?;
    Some((command.to_owned(), state["metadata"]["exit"].as_i64()))
}

fn is_by_opencode(message: &Value) -> bool {
    let parts = message["parts"].as_array().map_or(&[][..], Vec::as_slice);
    !parts.is_empty() && parts.iter().all(|part| part["type"] == "compaction" || part["synthetic"] == true)
}

fn created(message: &Value) -> u64 {
    message["info"]["time"]["created"].as_u64().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use agency_domain::Cost;
    use serde_json::json;

    fn user(id: &str, at: u64, parts: &Value) -> Value {
        json!({"info": {"id": id, "role": "user", "time": {"created": at}}, "parts": parts})
    }

    fn assistant(parent: &str, at: u64, extra: &Value, parts: &Value) -> Value {
        let mut info = json!({"id": format!("msg_{at}"), "role": "assistant", "parentID": parent, "cost": 0.5,
            "tokens": {"input": 10, "output": 2, "reasoning": 0, "cache": {"read": 0, "write": 0}},
            "time": {"created": at, "completed": at + 1}, "finish": "stop"});
        info.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({"info": info, "parts": parts})
    }

    fn text(text: &str) -> Value {
        json!([{"type": "text", "text": text}])
    }

    #[test]
    fn an_answer_is_everything_up_to_the_next_prompt_and_nothing_before() {
        let bash = json!([{"type": "tool", "tool": "bash", "state": {"status": "completed", "input": {"command": "ls"}, "metadata": {"exit": 2}}}]);
        let messages = [
            user("msg_1", 1, &text("first")),
            assistant("msg_1", 2, &json!({}), &text("old")),
            user("msg_3", 3, &text("second")),
            assistant("msg_3", 4, &json!({"finish": "tool-calls"}), &bash),
            assistant("msg_3", 5, &json!({}), &text("new")),
            user("msg_6", 6, &text("third")),
            assistant("msg_6", 7, &json!({}), &text("later")),
        ];
        let answer = answer_to(since(&messages, "msg_3").unwrap());
        assert_eq!(answer.reply, "new");
        assert_eq!((answer.usage.tokens.input, answer.usage.cost), (20, Cost::Known(1.0)));
        assert_eq!(answer.commands, [("ls".to_owned(), Some(2))]);
        assert_eq!((answer.from_ms, answer.until_ms), (3, Some(6)));
        assert_eq!(answer.last.unwrap()["id"], "msg_5");
        assert!(since(&messages, "msg_9").is_none());
    }

    #[test]
    fn what_follows_a_compaction_still_answers_the_prompt_and_its_summary_is_not_the_reply() {
        let messages = [
            user("msg_1", 1, &text("do it")),
            assistant("msg_1", 2, &json!({"finish": "tool-calls"}), &text("begun")),
            user("msg_3", 3, &json!([{"type": "compaction", "auto": true}])),
            assistant("msg_3", 4, &json!({"agent": "compaction", "summary": true}), &text("A summary.")),
            user("msg_5", 5, &json!([{"type": "text", "synthetic": true, "text": "Continue if you have next steps"}])),
            assistant("msg_5", 6, &json!({}), &text("ended")),
        ];
        let answer = answer_to(&messages);
        assert_eq!(answer.reply, "begun\n\nended");
        assert_eq!(answer.usage.tokens.input, 30);
        assert_eq!((answer.last.unwrap()["id"].clone(), answer.until_ms), (json!("msg_6"), None));
    }

    #[test]
    fn a_child_is_counted_for_the_prompt_in_whose_time_it_ran() {
        let messages = [2, 4, 6].map(|at| assistant("x", at, &json!({}), &json!([])));
        assert_eq!(usage_between(&messages, 3, Some(6)).tokens.input, 10);
        assert_eq!(usage_between(&messages, 3, None).tokens.input, 20);
    }
}
