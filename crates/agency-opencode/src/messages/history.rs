//! Reading a session's messages: which of them answer our prompts, what they say, what ran and what it cost.
//!
//! A prompt that is sent while the one before is under way is read after the model's current turn: from then on answers name the newer prompt
//! as their parent, and the older one gets none that ends by itself. A turn that began just before may still stand behind the newer prompt, so
//! the parent counts and not the place.

use crate::events::{is_summary, usage};
use agency_domain::{MessageId, Usage};
use serde_json::Value;

/// All that a prompt, and those of ours that followed it in the same run, brought about in their own session.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Answer {
    /// All text in order.
    pub(crate) reply: String,
    /// Summaries included: they cost, too.
    pub(crate) usage: Usage,
    /// Shell commands, in order, with exit codes.
    pub(crate) commands: Vec<(String, Option<i64>)>,
    /// Whether the newest prompt was answered with text or a tool call.
    pub(crate) did_something: bool,
    /// The newest message of the agent's that answers the newest prompt, summaries left out: its `info`.
    pub(crate) last: Option<Value>,
    /// The newest message that answers an earlier prompt: its `info`.
    pub(crate) before: Option<Value>,
    /// When the newest prompt arrived, in milliseconds since 1970; `None` where the session does not know it.
    pub(crate) asked_ms: Option<u64>,
    /// Milliseconds since 1970 from which on, and until which, what happened belongs to these prompts.
    pub(crate) from_ms: u64,
    pub(crate) until_ms: Option<u64>,
}

/// The messages from the first of `prompts` on; `None` where there is none of them.
pub(crate) fn since<'a>(messages: &'a [Value], prompts: &[MessageId]) -> Option<&'a [Value]> {
    let start = messages.iter().position(|message| is_one_of(prompts, &message["info"]["id"]))?;
    Some(&messages[start..])
}

/// Reads the answers to `prompts`, oldest first, out of the messages from the first of them on, up to the next prompt that is none of them.
/// OpenCode puts messages of its own in the user's name when it shortens a long conversation; answers to those belong to the prompt before.
pub(crate) fn answer_to(messages: &[Value], prompts: &[MessageId]) -> Answer {
    let mut answer = Answer { from_ms: messages.first().map_or(0, created), ..Answer::default() };
    let newest = prompts.last().map(MessageId::as_str);
    let mut asked_by = None;
    for message in messages {
        let info = &message["info"];
        if info["role"] == "assistant" {
            let parent = info["parentID"].as_str().filter(|_parent| is_one_of(prompts, &info["parentID"]));
            if let Some(prompt) = parent.or(asked_by) {
                answer.take(message, newest == Some(prompt));
            }
        } else if is_one_of(prompts, &info["id"]) {
            asked_by = info["id"].as_str();
            if asked_by == newest {
                answer.asked_ms = Some(created(message));
            }
        } else if !is_by_opencode(message) {
            if asked_by == newest {
                answer.until_ms = Some(created(message));
                break;
            }
            // Somebody else's in between.
            asked_by = None;
        }
    }
    answer
}

fn is_one_of(prompts: &[MessageId], id: &Value) -> bool {
    id.as_str().is_some_and(|id| prompts.iter().any(|prompt| prompt.as_str() == id))
}

/// Usage of the messages that were begun within a span: of child sessions, which may serve several prompts.
pub(crate) fn usage_between(messages: &[Value], from_ms: u64, until_ms: Option<u64>) -> Usage {
    let within = |message: &&Value| created(message) >= from_ms && until_ms.is_none_or(|until| created(message) < until);
    let assistants = messages.iter().filter(|message| message["info"]["role"] == "assistant").filter(within);
    assistants.fold(Usage::default(), |sum, message| sum.plus(usage(&message["info"])))
}

impl Answer {
    /// The turn that was under way when the newest prompt was sent, where it has ended since and nothing has answered the prompt.
    pub(crate) fn ended_before_newest(&self) -> Option<&Value> {
        let before = self.before.as_ref().filter(|_before| self.last.is_none())?;
        let ended = before["time"]["completed"].as_u64();
        (ended.is_some() && ended >= self.asked_ms).then_some(before)
    }

    fn take(&mut self, message: &Value, answers_newest: bool) {
        let info = &message["info"];
        self.usage = self.usage.plus(usage(info));
        if is_summary(info) {
            return;
        }
        let place = if answers_newest { &mut self.last } else { &mut self.before };
        *place = Some(info.clone());
        for part in message["parts"].as_array().into_iter().flatten() {
            if part["type"] == "text" {
                self.did_something |= self.say(part) && answers_newest;
            } else if part["type"] == "tool" {
                self.did_something |= answers_newest;
                self.commands.extend(command(part));
            }
        }
    }

    /// Whether there was anything to say.
    fn say(&mut self, part: &Value) -> bool {
        let text = part["text"].as_str().unwrap_or_default();
        if text.trim().is_empty() || part["synthetic"] == true {
            return false;
        }
        if !self.reply.is_empty() {
            self.reply.push_str("\n\n");
        }
        self.reply.push_str(text);
        true
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

    fn prompts(ids: &[&str]) -> Vec<MessageId> {
        ids.iter().map(|id| MessageId::parse(id).unwrap()).collect()
    }

    fn read(messages: &[Value], ids: &[&str]) -> Answer {
        let prompts = prompts(ids);
        answer_to(since(messages, &prompts).unwrap(), &prompts)
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
        let answer = read(&messages, &["msg_3"]);
        assert_eq!(answer.reply, "new");
        assert_eq!((answer.usage.tokens.input, answer.usage.cost), (20, Cost::Known(1.0)));
        assert_eq!(answer.commands, [("ls".to_owned(), Some(2))]);
        assert_eq!((answer.from_ms, answer.until_ms), (3, Some(6)));
        assert_eq!(answer.last.unwrap()["id"], "msg_5");
        assert!(since(&messages, &prompts(&["msg_9"])).is_none());
    }

    #[test]
    fn a_prompt_that_came_while_another_was_under_way_is_the_one_whose_answer_is_the_end() {
        let bash = json!([{"type": "tool", "tool": "bash", "state": {"status": "completed", "input": {"command": "ls"}, "metadata": {"exit": 0}}}]);
        let mut messages = vec![
            user("msg_1", 1, &text("first")),
            assistant("msg_1", 2, &json!({"finish": "tool-calls"}), &bash),
            user("msg_3", 3, &text("second")),
            // Begun before the second was there.
            assistant("msg_1", 4, &json!({"finish": "tool-calls"}), &text("still at it")),
        ];
        let begun = read(&messages, &["msg_1", "msg_3"]);
        assert_eq!((begun.last, begun.before.unwrap()["id"].clone()), (None, json!("msg_4")));
        assert!(!begun.did_something);

        messages.extend([assistant("msg_3", 5, &json!({}), &text("done both")), user("msg_6", 6, &text("another's"))]);
        let ended = read(&messages, &["msg_1", "msg_3"]);
        assert_eq!((ended.last.unwrap()["id"].clone(), ended.reply.as_str()), (json!("msg_5"), "still at it\n\ndone both"));
        assert_eq!((ended.usage.tokens.input, ended.commands.len()), (30, 1));
        assert_eq!((ended.from_ms, ended.until_ms, ended.did_something), (1, Some(6), true));
    }

    #[test]
    fn what_somebody_else_asked_between_two_prompts_is_not_counted() {
        let messages = [
            user("msg_1", 1, &text("first")),
            assistant("msg_1", 2, &json!({}), &text("one")),
            user("msg_3", 3, &text("another's")),
            assistant("msg_3", 4, &json!({}), &text("not ours")),
            user("msg_5", 5, &text("second")),
            assistant("msg_5", 6, &json!({}), &text("two")),
        ];
        assert_eq!(read(&messages, &["msg_1", "msg_5"]).reply, "one\n\ntwo");
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
        let answer = read(&messages, &["msg_1"]);
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
