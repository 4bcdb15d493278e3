//! How a prompt's run ended, as a function of what is known.

use super::failure::classify;
use super::history::Answer;
use crate::hub::TAMPERED;
use agency_domain::agents::RunEnd;
use agency_domain::pipelines::FailureClass;
use serde_json::{Value, json};

/// What is known beside the messages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Circumstances {
    /// The session does not rest.
    pub(crate) busy: bool,
    /// We stopped the run.
    pub(crate) aborted: bool,
    /// Somebody else granted a permission, and the run was stopped for it.
    pub(crate) tampered: bool,
    /// The session's last error since the prompt: name and message.
    pub(crate) error: Option<(String, String)>,
    /// Nothing more will be written: the time for it has passed, or the process that would write it is gone.
    pub(crate) settled: bool,
}

/// A judgement, or the wish to look again: errors are written down only after the session has come to rest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Judgement {
    Final(RunEnd),
    LookAgain,
}

/// Judges an answer.
pub(crate) fn judge(answer: &Answer, known: &Circumstances) -> Judgement {
    if known.busy {
        return Judgement::Final(RunEnd::Running);
    }
    if known.tampered {
        return Judgement::Final(RunEnd::Failed { class: FailureClass::AgentError, message: TAMPERED.into() });
    }
    if answer.asked_ms.is_none() {
        return Judgement::Final(RunEnd::Unknown);
    }
    let completed = answer.last.as_ref().filter(|last| !last["error"].is_null() || !last["time"]["completed"].is_null());
    match completed {
        Some(last) => Judgement::Final(completed_end(last, answer.did_something, known)),
        None if known.settled || known.aborted && answer.ended_before_newest().is_some() => Judgement::Final(silent_end(answer, known)),
        None => Judgement::LookAgain,
    }
}

fn completed_end(last: &Value, did_something: bool, known: &Circumstances) -> RunEnd {
    let error = &last["error"];
    let finish = last["finish"].as_str().unwrap_or_default();
    if known.aborted && (error["name"] == "MessageAbortedError" || finish != "stop") {
        return incomplete("aborted");
    }
    if error["name"] == "MessageOutputLengthError" {
        return incomplete("length");
    }
    if !error.is_null() {
        return failed(error);
    }
    match finish {
        "stop" if !did_something => incomplete("empty"),
        "stop" => RunEnd::Finished,
        "" => incomplete("unknown"),
        other => incomplete(other),
    }
}

/// The agent's last message was never completed, or there is none.
fn silent_end(answer: &Answer, known: &Circumstances) -> RunEnd {
    // A turn that fails, or whose tool call was turned down, ends the run, and what was to be read after it is not read any more.
    let cut_off = answer.ended_before_newest().filter(|before| !before["error"].is_null() || before["finish"] != "stop");
    match &known.error {
        _ if known.aborted => incomplete("aborted"),
        _ if let Some(before) = cut_off => completed_end(before, true, known),
        Some((name, message)) => failed(&json!({ "name": name, "data": { "message": message } })),
        // Also where the server took the prompt and did nothing with it.
        None => RunEnd::Interrupted,
    }
}

fn failed(error: &Value) -> RunEnd {
    let (class, message) = classify(error);
    RunEnd::Failed { class, message }
}

fn incomplete(reason: &str) -> RunEnd {
    RunEnd::Incomplete { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(last: Option<Value>, did_something: bool) -> Answer {
        Answer { last, did_something, asked_ms: Some(1), ..Answer::default() }
    }

    fn completed(finish: &str) -> Option<Value> {
        Some(json!({"time": {"completed": 2}, "finish": finish}))
    }

    fn settled() -> Circumstances {
        Circumstances { settled: true, ..Circumstances::default() }
    }

    fn aborted() -> Circumstances {
        Circumstances { aborted: true, ..settled() }
    }

    fn end(answer: &Answer, known: &Circumstances) -> RunEnd {
        match judge(answer, known) {
            Judgement::Final(end) => end,
            Judgement::LookAgain => panic!("no judgement"),
        }
    }

    #[test]
    fn a_run_is_finished_only_where_the_model_stopped_and_said_or_did_something() {
        let known = Circumstances::default();
        assert_eq!(end(&answer(completed("stop"), true), &known), RunEnd::Finished);
        assert_eq!(end(&answer(completed("stop"), false), &known), incomplete("empty"));
        for reason in ["length", "tool-calls", "unknown", "content-filter"] {
            assert_eq!(end(&answer(completed(reason), true), &known), incomplete(reason));
        }
    }

    #[test]
    fn a_busy_session_is_running_whatever_its_messages_say() {
        let known = Circumstances { busy: true, ..aborted() };
        assert_eq!(end(&answer(completed("stop"), true), &known), RunEnd::Running);
    }

    #[test]
    fn an_error_that_is_not_written_down_yet_is_waited_for() {
        let open = answer(Some(json!({"time": {"created": 1}})), false);
        assert_eq!(judge(&open, &Circumstances::default()), Judgement::LookAgain);
        assert_eq!(end(&open, &settled()), RunEnd::Interrupted);
        let known = Circumstances { error: Some(("UnknownError".into(), "Model not found: a/b".into())), ..settled() };
        let failed = RunEnd::Failed { class: FailureClass::AgentError, message: "Model not found: a/b".into() };
        assert_eq!(end(&answer(None, false), &known), failed);
    }

    #[test]
    fn what_we_stopped_is_no_failure_unless_it_had_finished() {
        let error = Some(json!({"time": {"completed": 2}, "error": {"name": "MessageAbortedError", "data": {"message": "Aborted"}}}));
        assert_eq!(end(&answer(error.clone(), false), &aborted()), incomplete("aborted"));
        assert_eq!(end(&answer(Some(json!({"time": {"completed": 2}})), false), &aborted()), incomplete("aborted"));
        assert_eq!(end(&answer(completed("stop"), true), &aborted()), RunEnd::Finished);
        assert!(matches!(end(&answer(error, false), &settled()), RunEnd::Failed { class: FailureClass::ProviderUnavailable, .. }));
    }

    #[test]
    fn a_prompt_that_the_run_before_it_did_not_live_to_read_ends_as_that_run_did() {
        let before = |info: Value| Answer { before: Some(info), asked_ms: Some(5), ..Answer::default() };
        let refused = json!({"time": {"completed": 6}, "error": {"name": "APIError", "data": {"message": "slow down", "statusCode": 429}}});
        assert_eq!(judge(&before(refused.clone()), &Circumstances::default()), Judgement::LookAgain, "it may be read yet");
        assert!(matches!(end(&before(refused), &settled()), RunEnd::Failed { class: FailureClass::ProviderRateLimited, .. }));
        assert_eq!(end(&before(json!({"time": {"completed": 6}, "finish": "tool-calls"})), &settled()), incomplete("tool-calls"));
        let stopped = Circumstances { aborted: true, ..Circumstances::default() };
        assert_eq!(end(&before(json!({"time": {"completed": 6}})), &stopped), incomplete("aborted"));
        for over in [json!({"time": {"completed": 6}, "finish": "stop"}), json!({"time": {"completed": 4}, "finish": "length"})] {
            assert_eq!(end(&before(over.clone()), &settled()), RunEnd::Interrupted, "{over}");
        }
    }

    #[test]
    fn a_prompt_that_the_session_does_not_know_is_unknown_whatever_was_said_before_it() {
        let answer = Answer { before: completed("stop"), reply: "Done.".into(), ..Answer::default() };
        assert_eq!(end(&answer, &Circumstances::default()), RunEnd::Unknown);
    }
}
