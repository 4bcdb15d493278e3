//! What the stream has told of one session's messages since its newest prompt, so that a run that ended as it mostly does is read without a
//! call: a server does one thing at a time, and hands out messages for as long as a whole small turn takes.
//!
//! Written by the stream's reader. Only what [`crate::messages`] reads is kept, and where anything was missed, or is too much, nothing is told.

use crate::events::is_summary;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Text that is kept of a run; a longer one is read from the session.
const BYTES_MAX: usize = 4 << 20;
const OF_MESSAGES: [&str; 11] = ["id", "role", "parentID", "time", "finish", "error", "tokens", "cost", "summary", "agent", "mode"];
const OF_PARTS: [&str; 4] = ["type", "text", "synthetic", "time"];

#[derive(Debug, Default)]
pub(super) struct Conversation {
    session: String,
    /// By id, which is the order in which they were begun.
    messages: BTreeMap<String, Message>,
    bytes: usize,
    /// Something is missing.
    torn: bool,
}

#[derive(Debug, Default)]
struct Message {
    info: Value,
    /// By id as well.
    parts: BTreeMap<String, Value>,
}

impl Conversation {
    /// A prompt is about to be sent in `session`.
    pub(super) fn begin(&mut self, session: &str) {
        *self = Self { session: session.to_owned(), ..Self::default() };
    }

    /// The stream broke off, or said something that is not understood here.
    pub(super) fn tear(&mut self) {
        self.torn = true;
        self.messages.clear();
    }

    /// Takes in an event's payload.
    pub(super) fn note(&mut self, kind: &str, properties: &Value) {
        if self.torn || self.session.is_empty() {
            return;
        }
        match kind {
            "message.updated" if properties["info"]["sessionID"] == self.session => self.note_message(&properties["info"]),
            "message.part.updated" if properties["part"]["sessionID"] == self.session => self.note_part(&properties["part"]),
            "message.removed" | "message.part.removed" if properties["sessionID"] == self.session => self.tear(),
            _others => {}
        }
    }

    /// All messages of `session` that the stream has told of, in the shape in which the server hands them out; `None` where it cannot be known
    /// that these are all.
    pub(super) fn messages(&self, session: &str) -> Option<Vec<Value>> {
        if self.torn || self.session != session {
            return None;
        }
        let whole = |message: &Message| json!({ "info": message.info, "parts": message.parts.values().collect::<Vec<_>>() });
        Some(self.messages.values().map(whole).collect())
    }

    /// Whether all of `session` was told up to its newest message, which its run's answer has whole: one that answers `prompt` to the end, and that
    /// nothing follows of itself. Events come in their order, so that whoever was told of the newest message was told of all before it; each of those
    /// has the part that ends its call of the model. (A message's own `finish` is no sign of that: an event shows its message as it is when it
    /// is sent, which may be long after it began.)
    pub(super) fn ends_with(&self, session: &str, prompt: &str, newest: &Value) -> bool {
        let (info, parts) = (&newest["info"], newest["parts"].as_array());
        let Some((id, _told)) = self.messages.last_key_value() else { return false };
        let is_sound = info["error"].is_null() && !info["time"]["completed"].is_null() && !is_summary(info);
        let answers = info["parentID"] == prompt && info["finish"] == "stop";
        let is_whole = parts.is_some_and(|parts| parts.iter().any(ends_a_call));
        let are_whole = || self.messages.range(..id.clone()).all(|(_id, message)| message.is_whole());
        !self.torn && self.session == session && info["id"] == id.as_str() && answers && is_sound && is_whole && are_whole()
    }

    /// Whether a part is not told yet as it stands here.
    pub(super) fn is_news(&self, part: &Value) -> bool {
        let ids = (part["messageID"].as_str(), part["id"].as_str());
        let (Some(message), Some(id)) = ids else { return false };
        self.messages.get(message).and_then(|message| message.parts.get(id)) != Some(&kept_of(part))
    }

    fn note_message(&mut self, info: &Value) {
        let Some(id) = info["id"].as_str() else { return self.tear() };
        let info = picked(info, &OF_MESSAGES);
        self.messages.entry(id.to_owned()).or_default().info = info;
    }

    fn note_part(&mut self, part: &Value) {
        let (Some(id), Some(message)) = (part["id"].as_str(), part["messageID"].as_str()) else { return self.tear() };
        let kept = kept_of(part);
        self.bytes += text_bytes(&kept);
        let before = self.messages.entry(message.to_owned()).or_default().parts.insert(id.to_owned(), kept);
        self.bytes -= before.as_ref().map_or(0, text_bytes);
        if self.bytes > BYTES_MAX {
            self.tear();
        }
    }
}

impl Message {
    /// Whether all that was said in it was told, as far as it is the model's.
    fn is_whole(&self) -> bool {
        self.info["role"] != "assistant" || self.parts.values().any(ends_a_call)
    }
}

/// The end of the model's call is a part that is told behind all that it said.
fn ends_a_call(part: &Value) -> bool {
    part["type"] == "step-finish"
}

fn kept_of(part: &Value) -> Value {
    let mut kept = picked(part, &OF_PARTS);
    if part["type"] == "tool" {
        kept["tool"] = part["tool"].clone();
        kept["state"] = state(&part["state"]);
    }
    kept
}

/// Of a tool's state: whether and how it ended, and a shell's command. Whether it wrote anything is kept, and not what.
fn state(state: &Value) -> Value {
    let metadata = &state["metadata"];
    let output = metadata["output"].is_string().then_some("");
    json!({
        "status": state["status"],
        "input": { "command": state["input"]["command"] },
        "metadata": { "exit": metadata["exit"], "output": output },
    })
}

fn text_bytes(part: &Value) -> usize {
    [&part["text"], &part["state"]["input"]["command"]].into_iter().filter_map(Value::as_str).map(str::len).sum()
}

fn picked(from: &Value, names: &[&str]) -> Value {
    let all = names.iter().filter_map(|name| Some(((*name).to_owned(), from.get(*name)?.clone())));
    Value::Object(all.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Conversation {
        let mut conversation = Conversation::default();
        conversation.begin("ses_1");
        conversation
    }

    fn message(id: &str, extra: &Value) -> Value {
        let mut info = json!({"id": id, "sessionID": "ses_1", "role": "assistant"});
        info.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({ "info": info })
    }

    fn part(id: &str, extra: &Value) -> Value {
        let mut part = json!({"id": id, "messageID": "msg_2", "sessionID": "ses_1"});
        part.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({ "part": part })
    }

    #[test]
    fn messages_and_parts_stand_in_their_order_as_they_were_last_told() {
        let mut conversation = begun();
        conversation.note("message.updated", &message("msg_2", &json!({"finish": null, "path": {"cwd": "/wt"}})));
        conversation.note("message.part.updated", &part("prt_2", &json!({"type": "text", "text": ""})));
        conversation.note("message.part.updated", &part("prt_1", &json!({"type": "step-start", "snapshot": "abc"})));
        conversation.note("message.part.updated", &part("prt_2", &json!({"type": "text", "text": "done"})));
        conversation.note("message.updated", &message("msg_2", &json!({"finish": "stop"})));
        conversation.note("message.updated", &message("msg_1", &json!({"role": "user"})));
        let told = conversation.messages("ses_1").unwrap();
        assert_eq!(told[0], json!({"info": {"id": "msg_1", "role": "user"}, "parts": []}));
        let parts = json!([{"type": "step-start"}, {"type": "text", "text": "done"}]);
        assert_eq!(told[1], json!({"info": {"id": "msg_2", "role": "assistant", "finish": "stop"}, "parts": parts}));
        assert_eq!(conversation.bytes, 4);
    }

    #[test]
    fn a_conversation_ends_with_the_answer_once_its_message_was_begun_and_all_before_it_is_told() {
        let mut conversation = begun();
        let end = json!({"id": "prt_9", "messageID": "msg_3", "type": "step-finish"});
        let info = json!({"id": "msg_3", "parentID": "msg_1", "finish": "stop", "time": {"completed": 3}});
        let sound = json!({"info": info, "parts": [end]});
        let ends = |conversation: &Conversation, newest: &Value| conversation.ends_with("ses_1", "msg_1", newest);
        assert!(!ends(&conversation, &sound));
        conversation.note("message.updated", &message("msg_1", &json!({"role": "user"})));
        for id in ["msg_2", "msg_3"] {
            conversation.note("message.updated", &message(id, &json!({"finish": "stop", "time": {"completed": 3}})));
            assert!(!ends(&conversation, &sound), "{id}: the words of the first may be on their way");
        }
        conversation.note("message.part.updated", &part("prt_1", &json!({"type": "text"})));
        assert!(!ends(&conversation, &sound));
        conversation.note("message.part.updated", &part("prt_2", &json!({"type": "step-finish"})));
        assert!(ends(&conversation, &sound), "of the last one, the answer has the words");
        for (field, value) in [
            ("id", json!("msg_2")),
            ("parentID", json!("msg_0")),
            ("finish", json!("length")),
            ("time", json!({"created": 1})),
            ("error", json!({"name": "APIError"})),
            ("summary", json!(true)),
        ] {
            let mut other = sound.clone();
            other["info"][field] = value;
            assert!(!ends(&conversation, &other), "{other}");
        }
        for parts in [json!(null), json!([]), json!([{"type": "text"}])] {
            assert!(!ends(&conversation, &json!({"info": info, "parts": parts})), "it is not whole: {parts}");
        }
        assert!(!conversation.ends_with("ses_2", "msg_1", &sound));
        conversation.note("message.updated", &message("msg_4", &json!({"role": "user"})));
        assert!(!ends(&conversation, &sound), "something was said after it");
        conversation.tear();
        assert!(!ends(&conversation, &sound));
    }

    #[test]
    fn a_part_is_news_until_it_is_told_as_it_stands() {
        let mut conversation = begun();
        let whole = json!({"type": "text", "text": "done", "time": {"start": 1, "end": 2}});
        let begun = json!({"type": "text", "text": "done", "time": {"start": 1}});
        let is_news = |conversation: &Conversation| conversation.is_news(&part("prt_1", &whole)["part"]);
        assert!(is_news(&conversation));
        conversation.note("message.part.updated", &part("prt_1", &begun));
        assert!(is_news(&conversation), "its end was not told");
        conversation.note("message.part.updated", &part("prt_1", &whole));
        assert!(!is_news(&conversation));
        assert!(!conversation.is_news(&json!({"type": "text"})), "it has no name");
    }

    #[test]
    fn of_a_tool_its_command_and_its_end_are_kept() {
        let mut conversation = begun();
        let state = json!({"status": "completed", "input": {"command": "ls", "description": "Lists"}, "output": "much",
            "metadata": {"exit": 2, "output": "much", "diff": "long"}});
        conversation.note("message.part.updated", &part("prt_1", &json!({"type": "tool", "tool": "bash", "state": state})));
        let told = conversation.messages("ses_1").unwrap();
        let state = json!({"status": "completed", "input": {"command": "ls"}, "metadata": {"exit": 2, "output": ""}});
        assert_eq!(told[0]["parts"], json!([{"type": "tool", "tool": "bash", "state": state}]));
    }

    #[test]
    fn other_sessions_are_left_alone_and_what_is_torn_tells_nothing_until_it_begins_anew() {
        let mut conversation = begun();
        conversation.note("message.updated", &json!({"info": {"id": "msg_1", "sessionID": "ses_2"}}));
        assert_eq!(conversation.messages("ses_1"), Some(Vec::new()));
        assert_eq!(conversation.messages("ses_2"), None);
        conversation.note("message.part.removed", &json!({"sessionID": "ses_1", "partID": "prt_1"}));
        assert_eq!(conversation.messages("ses_1"), None);
        conversation.begin("ses_1");
        conversation.note("message.part.updated", &part("prt_1", &json!({"type": "text", "text": "x".repeat(BYTES_MAX + 1)})));
        assert_eq!(conversation.messages("ses_1"), None, "it is too much");
    }
}
