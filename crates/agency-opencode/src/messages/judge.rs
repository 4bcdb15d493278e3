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
    let completed = answer.last.as_ref().filter(|last| !last["error"].is_null() || !last["time"]["completed"].is_null());
    match completed {
        Some(last) => Judgement::Final(completed_end(answer, last, known)),
        None if known.settled => Judgement::Final(silent_end(known)),
        None => Judgement::LookAgain,
    }
}

fn completed_end(answer: &Answer, last: &Value, known: &Circumstances) -> RunEnd {
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
        "stop" if answer.reply.is_empty() && !answer.called_tools => incomplete("empty"),
        "stop" => RunEnd::Finished,
        "" => incomplete("unknown"),
        other => incomplete(other),
    }
}

/// The agent's last message was never completed, or there is none.
fn silent_end(known: &Circumstances) -> RunEnd {
    match &known.error {
        _ if known.aborted => incomplete("aborted"),
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

    fn answer(last: Option<Value>, reply: &str, called_tools: bool) -> Answer {
        Answer { last, reply: reply.into(), called_tools, ..Answer::default() }
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
        assert_eq!(end(&answer(completed("stop"), "Done.", false), &known), RunEnd::Finished);
        assert_eq!(end(&answer(completed("stop"), "", true), &known), RunEnd::Finished);
        assert_eq!(end(&answer(completed("stop"), "", false), &known), incomplete("empty"));
        for reason in ["length", "tool-calls", "unknown", "content-filter"] {
            assert_eq!(end(&answer(completed(reason), "x", true), &known), incomplete(reason));
        }
    }

    #[test]
    fn a_busy_session_is_running_whatever_its_messages_say() {
        let known = Circumstances { busy: true, ..aborted() };
        assert_eq!(end(&answer(completed("stop"), "Done.", false), &known), RunEnd::Running);
    }

    #[test]
    fn an_error_that_is_not_written_down_yet_is_waited_for() {
        let open = answer(Some(json!({"time": {"created": 1}})), "", false);
        assert_eq!(judge(&open, &Circumstances::default()), Judgement::LookAgain);
        assert_eq!(end(&open, &settled()), RunEnd::Interrupted);
        let known = Circumstances { error: Some(("UnknownError".into(), "Model not found: a/b".into())), ..settled() };
        let failed = RunEnd::Failed { class: FailureClass::AgentError, message: "Model not found: a/b".into() };
        assert_eq!(end(&answer(None, "", false), &known), failed);
    }

    #[test]
    fn what_we_stopped_is_no_failure_unless_it_had_finished() {
        let error = Some(json!({"time": {"completed": 2}, "error": {"name": "MessageAbortedError", "data": {"message": "Aborted"}}}));
        assert_eq!(end(&answer(error.clone(), "", false), &aborted()), incomplete("aborted"));
        assert_eq!(end(&answer(Some(json!({"time": {"completed": 2}})), "", false), &aborted()), incomplete("aborted"));
        assert_eq!(end(&answer(completed("stop"), "Done.", false), &aborted()), RunEnd::Finished);
        assert!(matches!(end(&answer(error, "", false), &settled()), RunEnd::Failed { class: FailureClass::ProviderUnavailable, .. }));
    }
}
