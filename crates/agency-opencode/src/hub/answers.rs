//! Runs that have ended as the answer to their call says, and of which the stream says so some milliseconds later.

use crate::recent::Recent;
use serde_json::Value;
use std::collections::HashSet;

/// Messages that are remembered as told to their end. The stream is behind by a few events of the newest one or two.
const WHOLE_MAX: usize = 64;

/// A prompt whose call was answered, with the newest message of the run as the answer has it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) session: String,
    pub(super) prompt: String,
    /// Its `info` and its `parts`.
    pub(super) message: Value,
}

impl Answer {
    pub(super) fn info(&self) -> &Value {
        &self.message["info"]
    }

    pub(super) fn parts(&self) -> &[Value] {
        self.message["parts"].as_array().map_or(&[], Vec::as_slice)
    }
}

#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Of which the stream has not told enough yet.
    awaited: Vec<Answer>,
    /// Sessions whose rest was told ahead of the stream: its own word for it is no news.
    ahead: HashSet<String>,
    /// Messages that were told to their end out of an answer: what the stream still says of them is no news either.
    whole: Recent<WHOLE_MAX>,
}

impl Answers {
    /// The run has ended; what it came to before its newest message may still be on its way.
    pub(super) fn wait_for_the_rest(&mut self, answer: Answer) {
        self.awaited.push(answer);
    }

    /// The answers of sessions that rest, as all that was said in their run before its newest message `is_told`.
    pub(super) fn ended(&mut self, is_told: impl Fn(&Answer) -> bool) -> Vec<Answer> {
        let ended: Vec<Answer> = self.awaited.extract_if(.., |answer| is_told(answer)).collect();
        for answer in &ended {
            self.ahead.insert(answer.session.clone());
            if let Some(id) = answer.info()["id"].as_str() {
                self.whole.note(id);
            }
        }
        ended
    }

    /// Whether an event's payload repeats what an answer has told.
    pub(super) fn repeats(&self, payload: &Value) -> bool {
        let properties = &payload["properties"];
        let message = match payload["type"].as_str() {
            Some("message.updated") => &properties["info"]["id"],
            Some("message.part.updated") => &properties["part"]["messageID"],
            Some("message.part.delta") => &properties["messageID"],
            Some(_) | None => return false,
        };
        message.as_str().is_some_and(|message| self.whole.has(message))
    }

    /// The stream says that a session rests; answers whether that is news.
    pub(super) fn rested(&mut self, session: &str) -> bool {
        self.awaited.retain(|answer| answer.session != session);
        !self.ahead.remove(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(prompt: &str) -> Answer {
        Answer { session: "ses_1".into(), prompt: prompt.into(), message: json!({"info": {"id": format!("{prompt}_answer")}}) }
    }

    #[test]
    fn a_rest_is_told_once_by_whoever_comes_first() {
        let mut answers = Answers::default();
        answers.wait_for_the_rest(answer("msg_1"));
        assert!(answers.ended(|_| false).is_empty());
        assert_eq!(answers.ended(|answer| answer.prompt == "msg_1").len(), 1);
        assert!(answers.ended(|_| true).is_empty());
        assert!(!answers.rested("ses_1"), "it was told ahead");
        answers.wait_for_the_rest(answer("msg_2"));
        assert!(answers.rested("ses_1"), "the stream was first");
        assert!(answers.ended(|_| true).is_empty());
    }

    #[test]
    fn what_an_answer_has_told_is_no_news_when_the_stream_tells_it() {
        let mut answers = Answers::default();
        answers.wait_for_the_rest(answer("msg_1"));
        let says = |id: &str| {
            [
                json!({"type": "message.updated", "properties": {"info": {"id": id}}}),
                json!({"type": "message.part.updated", "properties": {"part": {"messageID": id}}}),
                json!({"type": "message.part.delta", "properties": {"messageID": id}}),
            ]
        };
        assert!(says("msg_1_answer").iter().all(|payload| !answers.repeats(payload)), "nothing was told yet");
        answers.ended(|_| true);
        assert!(says("msg_1_answer").iter().all(|payload| answers.repeats(payload)));
        let news = [json!({"type": "message.part.removed", "properties": {"messageID": "msg_1_answer"}}), json!({"type": "session.idle"})];
        assert!(says("msg_1").iter().chain(&news).all(|payload| !answers.repeats(payload)));
        for number in 2..=WHOLE_MAX + 1 {
            answers.wait_for_the_rest(answer(&format!("msg_{number}")));
        }
        answers.ended(|_| true);
        assert!(!answers.repeats(&says("msg_1_answer")[0]), "the oldest are forgotten");
        assert!(answers.repeats(&says("msg_2_answer")[0]));
    }
}
