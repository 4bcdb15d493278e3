//! Runs that have ended as the answer to their call says, and of which the stream says so some milliseconds later.

use serde_json::Value;
use std::collections::HashSet;

/// A prompt whose call was answered, with the newest message of the run as the answer has it: its `info`.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) session: String,
    pub(super) prompt: String,
    pub(super) info: Value,
}

#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Of which the stream has not told the end yet.
    awaited: Vec<Answer>,
    /// Sessions whose rest was told ahead of the stream: its own word for it is no news.
    ahead: HashSet<String>,
}

impl Answers {
    /// The run has ended; what it came to may still be on its way.
    pub(super) fn wait_for_the_rest(&mut self, answer: Answer) {
        self.awaited.push(answer);
    }

    /// The answers of sessions that rest, as all that was said in their run `is_told`.
    pub(super) fn ended(&mut self, is_told: impl Fn(&Answer) -> bool) -> Vec<Answer> {
        let ended: Vec<Answer> = self.awaited.extract_if(.., |answer| is_told(answer)).collect();
        self.ahead.extend(ended.iter().map(|answer| answer.session.clone()));
        ended
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

    fn answer(prompt: &str) -> Answer {
        Answer { session: "ses_1".into(), prompt: prompt.into(), info: Value::Null }
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
}
